import { defineProvider } from '../otp-provider';
import { SmsReceiptsController } from './sms-receipts.controller';
import { TwilioSignature } from './twilio-signature.authenticator';
import { twilioClient } from './twilio.client';
import { twilioSettings } from './twilio.settings';
import { TWILIO_OUTCOMES } from './twilio.wire';

export const twilio = defineProvider({
  name: 'twilio',
  channel: 'sms',
  settings: twilioSettings,
  receipts: { controllers: [SmsReceiptsController], injectables: [TwilioSignature] },
  codes: { heading: "### SMS (Twilio's codes)", outcomes: TWILIO_OUTCOMES },
  client: twilioClient,
});
