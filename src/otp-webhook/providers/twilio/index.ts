import { httpOtpClient } from '../http-api';
import { defineProvider } from '../otp-provider';
import { SmsReceiptsController, TwilioSignature } from './sms-receipts.controller';
import { twilioSettings } from './twilio.settings';
import { readAnswer, TWILIO_OUTCOMES } from './twilio.wire';

/** Twilio counts `ValidityPeriod` in whole seconds from 1 to 36000; left out, a code would wait for 10 hours. */
const MIN_VALIDITY_SECONDS = 1;

/** SMS by Twilio's Messages API (otp-channels.md §2.1). */
export const twilio = defineProvider({
  name: 'twilio',
  channel: 'sms',
  settings: twilioSettings,
  receipts: { controllers: [SmsReceiptsController], injectables: [TwilioSignature] },
  codes: { heading: "### SMS (Twilio's codes)", outcomes: TWILIO_OUTCOMES },
  client: ({ account, values }, context) => {
    const { unit, texts, publicUrl } = context;
    const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token, TWILIO_FROM: from } = account;
    const baseUrl = values.TWILIO_BASE_URL;
    const url = `${baseUrl}/2010-04-01/Accounts/${encodeURIComponent(sid)}`;
    const headers = { authorization: `Basic ${Buffer.from(`${sid}:${token.reveal()}`).toString('base64')}` };
    return httpOtpClient(context, {
      partner: 'twilio',
      baseUrl,
      request: (message) => ({
        url: `${url}/Messages.json`,
        headers,
        body: new URLSearchParams({
          To: `+${message.to}`,
          [from.startsWith('MG') ? 'MessagingServiceSid' : 'From']: from,
          Body: texts.sms(message),
          ValidityPeriod: String(Math.max(MIN_VALIDITY_SECONDS, Math.floor(message.secondsLeft))),
          // The delivery's id lets a receipt find a message whose sending got no answer.
          StatusCallback: `${publicUrl}/v1/webhooks/sms/${unit.id}?delivery=${message.deliveryId}`,
        }),
      }),
      readAnswer,
      checkup: { url: `${url}.json`, headers, found: 'takes the credentials' },
    });
  },
});
