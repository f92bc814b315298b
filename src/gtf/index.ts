export { gtfCoeSettings, gtfSettings, gtfSivSettings } from './gtf.settings';
export { GtfModule, gtfQueues } from './gtf.module';
export { GtfRecords } from './sessions/gtf-records.service';
export { GTF_CHECKUP } from './gtf-checkup';
