import { httpOtpClient } from '../http-api';
import { defineProvider } from '../otp-provider';
import { WhatsappReceiptsController, WhatsappSignature } from './whatsapp-receipts.controller';
import { WhatsappVerifyToken } from './whatsapp-verify-token.authenticator';
import { whatsappSettings } from './whatsapp.settings';
import { META_OUTCOMES, readAnswer, templateMessage } from './whatsapp.wire';

/** WhatsApp Cloud API (otp-channels.md §1). */
export const whatsapp = defineProvider({
  name: 'whatsapp',
  channel: 'whatsapp',
  settings: whatsappSettings,
  idsHoldNumbers: true,
  receipts: {
    controllers: [WhatsappReceiptsController],
    injectables: [WhatsappSignature, WhatsappVerifyToken],
  },
  codes: { heading: "### WhatsApp (Meta's codes)", outcomes: META_OUTCOMES },
  client: ({ account, values }, context) => {
    const { unit, publicUrl } = context;
    const baseUrl = values.WHATSAPP_BASE_URL;
    // The phone number's node of the Graph API.
    const url = `${baseUrl}/${encodeURIComponent(account.WHATSAPP_PHONE_NUMBER_ID)}`;
    const headers = { authorization: `Bearer ${account.WHATSAPP_ACCESS_TOKEN.reveal()}` };
    const template = { name: account.WHATSAPP_TEMPLATE, language: account.WHATSAPP_LANGUAGE };
    return httpOtpClient(context, {
      partner: 'whatsapp',
      baseUrl,
      request: (message) => ({ url: `${url}/messages`, headers, body: templateMessage(message, template) }),
      readAnswer,
      // An account that may send from the number may read it.
      checkup: {
        url: `${url}?fields=id`,
        headers,
        found: 'knows the number; whether the template is approved shows with the first message',
      },
      handOver: {
        partner: 'Meta',
        facts: {
          Webhook: `${publicUrl}/v1/webhooks/whatsapp/${unit.id}`,
          'Verify token': 'the value of WHATSAPP_VERIFY_TOKEN',
          Field: 'messages',
        },
      },
    });
  },
});
