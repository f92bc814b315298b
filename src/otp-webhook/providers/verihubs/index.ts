import { defineProvider } from '../otp-provider';
import { VerihubsCallback } from './verihubs-callback.authenticator';
import { VerihubsReceiptsController } from './verihubs-receipts.controller';
import { VerihubsClient } from './verihubs.client';
import { verihubsSettings } from './verihubs.settings';
import { VERIHUBS_OUTCOMES } from './verihubs.wire';

export const verihubs = defineProvider({
  name: 'verihubs',
  channel: 'sms',
  reportsDelivery: true,
  settings: verihubsSettings,
  receipts: { controllers: [VerihubsReceiptsController], injectables: [VerihubsCallback] },
  codes: { heading: "### SMS (Verihubs' statuses)", outcomes: VERIHUBS_OUTCOMES },
  client: ({ account, values }, context) => new VerihubsClient(account, values.VERIHUBS_BASE_URL, context),
});
