import { defineProvider } from '../otp-provider';
import { SmsReceiptsController } from './sms-receipts.controller';
import { TwilioSignature } from './twilio-signature.authenticator';
import { TwilioClient } from './twilio.client';
import { twilioSettings } from './twilio.settings';
import { TWILIO_OUTCOMES } from './twilio.wire';

export const twilio = defineProvider({
  name: 'twilio',
  channel: 'sms',
  reportsDelivery: true,
  settings: twilioSettings,
  receipts: { controllers: [SmsReceiptsController], injectables: [TwilioSignature] },
  codes: { heading: "### SMS (Twilio's codes)", outcomes: TWILIO_OUTCOMES },
  client: ({ account, values }, context) => new TwilioClient(account, values.TWILIO_BASE_URL, context),
});
