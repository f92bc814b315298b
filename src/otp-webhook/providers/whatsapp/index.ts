import { defineProvider } from '../otp-provider';
import { WhatsappReceiptsController } from './whatsapp-receipts.controller';
import { WhatsappSignature } from './whatsapp-signature.authenticator';
import { WhatsappVerifyToken } from './whatsapp-verify-token.authenticator';
import { whatsappClient } from './whatsapp.client';
import { whatsappSettings } from './whatsapp.settings';
import { META_OUTCOMES } from './whatsapp.wire';

export const whatsapp = defineProvider({
  name: 'whatsapp',
  channel: 'whatsapp',
  settings: whatsappSettings,
  receipts: {
    controllers: [WhatsappReceiptsController],
    injectables: [WhatsappSignature, WhatsappVerifyToken],
  },
  codes: { heading: "### WhatsApp (Meta's codes)", outcomes: META_OUTCOMES },
  client: whatsappClient,
});
