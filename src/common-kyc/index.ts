export { CommonKycModule } from './common-kyc.module';
export { commonKycSettings } from './common-kyc.settings';
