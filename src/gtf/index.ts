export { gtfCoeSettings, gtfSettings, gtfSivSettings } from './gtf.settings';
export { GtfModule } from './gtf.module';
export { GtfRecords } from './gtf-records';
export { GTF_CHECKUP } from './gtf-checkup';
