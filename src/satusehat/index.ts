export { FrameRecords } from './frame-records';
export { SatusehatModule } from './satusehat.module';
export { satusehatSettings } from './satusehat.settings';
export { SATUSEHAT_CHECKUP } from './satusehat-checkup';
