import { z } from 'zod';
import { defineSettings, type LoadedSettings, partnerSecret, url } from '../../../platform/config';

/** Twilio's Messages API, per business unit. */
export const twilioSettings = defineSettings({
  title: 'Twilio (one-time codes by SMS)',
  shared: {
    TWILIO_BASE_URL: url().prefault('https://api.twilio.com').describe("Twilio's API"),
  },
  unit: {
    TWILIO_ACCOUNT_SID: z.string().describe("The unit's account"),
    TWILIO_AUTH_TOKEN: partnerSecret().describe('Authenticates us, and signs status callbacks'),
    TWILIO_FROM: z.string().describe('Sender number in E.164, or a messaging service (`MG…`)'),
  },
});

export type TwilioSettings = LoadedSettings<typeof twilioSettings>;
export type TwilioAccount = NonNullable<ReturnType<TwilioSettings['forUnit']>>;
