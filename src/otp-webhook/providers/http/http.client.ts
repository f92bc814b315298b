import { httpOtpClient } from '../http-api';
import type { ClientContext, OtpClient, SettingsOf } from '../otp-provider';
import type { httpSettings } from './http.settings';
import { contentTypeOf, fillTemplate, readAnswer } from './http.wire';

/** SMS by an aggregator that is described by configuration (otp-channels.md §2.3). */
export function httpClient({ account }: SettingsOf<typeof httpSettings>, context: ClientContext): OtpClient {
  const template = account.SMS_HTTP_BODY.reveal();
  const headers = account.SMS_HTTP_HEADERS.reveal();
  const contentType = contentTypeOf(headers, template);
  return httpOtpClient(context, {
    partner: 'sms-http',
    baseUrl: account.SMS_HTTP_URL,
    request: (message) => ({
      url: account.SMS_HTTP_URL,
      method: account.SMS_HTTP_METHOD,
      headers: { ...headers, 'content-type': contentType },
      body: fillTemplate(template, { to: message.to, message: context.texts.sms(message) }, contentType),
    }),
    readAnswer: readAnswer(account.SMS_HTTP_ID_PATH),
  });
}
