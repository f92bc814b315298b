import { httpOtpClient } from '../http-api';
import { defineProvider } from '../otp-provider';
import { callbackPath, VerihubsCallback, VerihubsReceiptsController } from './verihubs-receipts.controller';
import { verihubsSettings } from './verihubs.settings';
import { CODE_MARK, otpRequest, readAnswer, VERIHUBS_OUTCOMES } from './verihubs.wire';

/** SMS by Verihubs' OTP API v2 (otp-channels.md §2.4). */
export const verihubs = defineProvider({
  name: 'verihubs',
  channel: 'sms',
  settings: verihubsSettings,
  receipts: { controllers: [VerihubsReceiptsController], injectables: [VerihubsCallback] },
  codes: { heading: "### SMS (Verihubs' statuses)", outcomes: VERIHUBS_OUTCOMES },
  client: ({ account, values }, context) => {
    const { unit, texts, publicUrl } = context;
    const baseUrl = values.VERIHUBS_BASE_URL;
    return httpOtpClient(context, {
      partner: 'verihubs',
      baseUrl,
      request: (message) => {
        const template = texts.sms({ ...message, code: CODE_MARK });
        const callbackUrl = publicUrl + callbackPath(account, unit.id, message.deliveryId);
        return {
          url: `${baseUrl}/v2/otp/send`,
          headers: { 'app-id': account.VERIHUBS_APP_ID, 'api-key': account.VERIHUBS_API_KEY.reveal() },
          body: otpRequest(message, template, callbackUrl),
        };
      },
      readAnswer,
    });
  },
});
