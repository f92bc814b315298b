import { smsHttpSettings, smsSettings, twilioSettings } from './channels/sms.settings';
import { smtpSettings } from './channels/smtp.settings';
import { whatsappSettings } from './channels/whatsapp.settings';
import { otpSettings } from './otp.settings';

export { OTP_CHECKUP } from './checkup/otp-checkup';
export { OtpWebhookModule } from './otp-webhook.module';
export { ForgottenRecipients } from './records/forgotten-recipients';

/** Every environment variable of the feature. */
export const otpWebhookSettings = [
  otpSettings,
  smtpSettings,
  whatsappSettings,
  smsSettings,
  twilioSettings,
  smsHttpSettings,
];
