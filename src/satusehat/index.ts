export { SatusehatModule } from './satusehat.module';
export { satusehatSettings } from './satusehat.settings';
