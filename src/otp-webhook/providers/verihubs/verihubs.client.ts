import { httpOtpClient } from '../http-api';
import type { ClientContext, OtpClient, SettingsOf } from '../otp-provider';
import { callbackPath } from './verihubs-callback.authenticator';
import type { verihubsSettings } from './verihubs.settings';
import { CODE_MARK, otpRequest, readAnswer } from './verihubs.wire';

/** SMS by Verihubs' OTP API v2 (otp-channels.md §2.4). */
export function verihubsClient(
  { account, values }: SettingsOf<typeof verihubsSettings>,
  context: ClientContext,
): OtpClient {
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
}
