import { z } from 'zod';
import { defineSettings, type LoadedSettings, partnerSecret, secret, url } from '../../../platform/config';

/** WhatsApp Cloud API, per business unit. */
export const whatsappSettings = defineSettings({
  title: 'WhatsApp (one-time codes)',
  shared: {
    WHATSAPP_BASE_URL: url()
      .prefault('https://graph.facebook.com/v26.0')
      .describe("Meta's Graph API with its version"),
  },
  unit: {
    WHATSAPP_PHONE_NUMBER_ID: z.string().describe("Id of the unit's WhatsApp business number"),
    WHATSAPP_ACCESS_TOKEN: partnerSecret().describe('System-user token that may send from that number'),
    WHATSAPP_TEMPLATE: z.string().describe('Name of the approved authentication template'),
    WHATSAPP_LANGUAGE: z.string().prefault('id').describe("The template's language"),
    WHATSAPP_APP_SECRET: partnerSecret().describe('Signs delivery receipts (`X-Hub-Signature-256`)'),
    WHATSAPP_VERIFY_TOKEN: secret().describe('Answers the subscription challenge of the receipts webhook'),
  },
});

export type WhatsappSettings = LoadedSettings<typeof whatsappSettings>;
export type WhatsappAccount = NonNullable<ReturnType<WhatsappSettings['forUnit']>>;
