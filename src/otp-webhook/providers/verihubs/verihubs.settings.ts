import { z } from 'zod';
import { defineSettings, type LoadedSettings, partnerSecret, secret, url } from '../../../platform/config';

/** Verihubs' SMS OTP v2, per business unit. */
export const verihubsSettings = defineSettings({
  title: 'Verihubs (one-time codes by SMS)',
  shared: {
    VERIHUBS_BASE_URL: url().prefault('https://api.verihubs.com').describe("Verihubs' API"),
  },
  unit: {
    VERIHUBS_APP_ID: z.string().describe("The unit's application (`App-ID`)"),
    VERIHUBS_API_KEY: partnerSecret().describe("The application's key (`API-Key`)"),
    VERIHUBS_CALLBACK_SECRET: secret().describe(
      'Makes the last part of each callback address: Verihubs signs no callback. Chosen by you',
    ),
  },
});

export type VerihubsSettings = LoadedSettings<typeof verihubsSettings>;
export type VerihubsAccount = NonNullable<ReturnType<VerihubsSettings['forUnit']>>;
