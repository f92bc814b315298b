export { FrameRecords } from './frame-session.repository';
export { SatusehatModule } from './satusehat.module';
export { satusehatSettings } from './satusehat.settings';
export { SATUSEHAT_CHECKUP } from './satusehat-checkup';
