import {
  defineSettings,
  type LoadedSettings,
  partnerSecret,
  secret,
  text,
  url,
} from '../../../platform/config';

/** Verihubs' SMS OTP v2, per business unit. */
export const verihubsSettings = defineSettings({
  title: 'Verihubs (one-time codes by SMS)',
  required: {
    VERIHUBS_BASE_URL: url({ about: "Verihubs' API", default: 'https://api.verihubs.com' }),
  },
  unit: {
    VERIHUBS_APP_ID: text({ about: "The unit's application (`App-ID`)" }),
    VERIHUBS_API_KEY: partnerSecret({ about: "The application's key (`API-Key`)" }),
    VERIHUBS_CALLBACK_SECRET: secret({
      about: 'Makes the last part of each callback address: Verihubs signs no callback. Chosen by you',
    }),
  },
});

export type VerihubsSettings = LoadedSettings<typeof verihubsSettings>;
export type VerihubsAccount = NonNullable<ReturnType<VerihubsSettings['forUnit']>>;
