export type { TokenRequest } from './access-token';
export type { OtpRequest, SentOtp } from './otp-sender';
export { startSimasIdLab, type SimasIdLab } from './simas-id-lab';
