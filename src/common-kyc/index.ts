export { CommonKycModule, commonKycQueues } from './common-kyc.module';
export { ShareRecords } from './share/share-records.service';
export { commonKycSettings } from './common-kyc.settings';
export { COMMON_KYC_CHECKUP } from './common-kyc-checkup';
