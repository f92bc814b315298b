import { defineProvider } from '../otp-provider';
import { VerihubsCallback } from './verihubs-callback.authenticator';
import { VerihubsReceiptsController } from './verihubs-receipts.controller';
import { verihubsClient } from './verihubs.client';
import { verihubsSettings } from './verihubs.settings';
import { VERIHUBS_OUTCOMES } from './verihubs.wire';

export const verihubs = defineProvider({
  name: 'verihubs',
  channel: 'sms',
  settings: verihubsSettings,
  receipts: { controllers: [VerihubsReceiptsController], injectables: [VerihubsCallback] },
  codes: { heading: "### SMS (Verihubs' statuses)", outcomes: VERIHUBS_OUTCOMES },
  client: verihubsClient,
});
