import { defineSettings, type LoadedSettings, partnerSecret, text, url } from '../../../platform/config';

/** Twilio's Messages API, per business unit. */
export const twilioSettings = defineSettings({
  title: 'Twilio (one-time codes by SMS)',
  required: {
    TWILIO_BASE_URL: url({ about: "Twilio's API", default: 'https://api.twilio.com' }),
  },
  unit: {
    TWILIO_ACCOUNT_SID: text({ about: "The unit's account" }),
    TWILIO_AUTH_TOKEN: partnerSecret({ about: 'Authenticates us, and signs status callbacks' }),
    TWILIO_FROM: text({ about: 'Sender number in E.164, or a messaging service (`MG…`)' }),
  },
});

export type TwilioSettings = LoadedSettings<typeof twilioSettings>;
export type TwilioAccount = NonNullable<ReturnType<TwilioSettings['forUnit']>>;
