import { otpSettings } from './otp.settings';
import { PROVIDERS, smsSettings } from './providers/registry';

export { OTP_CHECKUP } from './checkup/otp-checkup';
export { OtpWebhookModule } from './otp-webhook.module';
export { ForgottenRecipients } from './records/forgotten-recipients';

/** Every environment variable of the feature. */
export const otpWebhookSettings = [otpSettings, smsSettings, ...PROVIDERS.map(({ settings }) => settings)];
