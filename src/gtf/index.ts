export { gtfCoeSettings, gtfSettings, gtfSivSettings } from './gtf.settings';
export { GtfModule } from './gtf.module';
