export { CommonKycModule } from './common-kyc.module';
export { PushRecords } from './push-records';
export { commonKycSettings } from './common-kyc.settings';
export { COMMON_KYC_CHECKUP } from './common-kyc-checkup';
