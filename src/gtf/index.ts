export { gtfCoeSettings, gtfSettings, gtfSivSettings } from './gtf.settings';
export { GtfModule } from './gtf.module';
export { GTF_CHECKUP } from './gtf-checkup';
