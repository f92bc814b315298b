import {
  defineSettings,
  type LoadedSettings,
  partnerSecret,
  secret,
  text,
  url,
} from '../../../platform/config';

/** WhatsApp Cloud API, per business unit. */
export const whatsappSettings = defineSettings({
  title: 'WhatsApp (one-time codes)',
  required: {
    WHATSAPP_BASE_URL: url({
      about: "Meta's Graph API with its version",
      default: 'https://graph.facebook.com/v26.0',
    }),
  },
  unit: {
    WHATSAPP_PHONE_NUMBER_ID: text({ about: "Id of the unit's WhatsApp business number" }),
    WHATSAPP_ACCESS_TOKEN: partnerSecret({ about: 'System-user token that may send from that number' }),
    WHATSAPP_TEMPLATE: text({ about: 'Name of the approved authentication template' }),
    WHATSAPP_LANGUAGE: text({ about: "The template's language", default: 'id' }),
    WHATSAPP_APP_SECRET: partnerSecret({ about: 'Signs delivery receipts (`X-Hub-Signature-256`)' }),
    WHATSAPP_VERIFY_TOKEN: secret({ about: 'Answers the subscription challenge of the receipts webhook' }),
  },
});

export type WhatsappSettings = LoadedSettings<typeof whatsappSettings>;
export type WhatsappAccount = NonNullable<ReturnType<WhatsappSettings['forUnit']>>;
