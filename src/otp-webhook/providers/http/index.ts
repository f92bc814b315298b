import { httpOtpClient } from '../http-api';
import { defineProvider } from '../otp-provider';
import { httpSettings } from './http.settings';
import { contentTypeOf, fillTemplate, readAnswer } from './http.wire';

/** SMS by an aggregator without a folder of its own, described by configuration (otp-channels.md §2.3). */
export const http = defineProvider({
  name: 'http',
  channel: 'sms',
  settings: httpSettings,
  client: ({ account }, context) => {
    const { SMS_HTTP_URL: url, SMS_HTTP_METHOD: method, SMS_HTTP_ID_PATH: idPath } = account;
    const template = account.SMS_HTTP_BODY.reveal();
    const headers = account.SMS_HTTP_HEADERS.reveal();
    const contentType = contentTypeOf(headers, template);
    return httpOtpClient(context, {
      partner: 'sms-http',
      baseUrl: url,
      request: (message) => ({
        url,
        method,
        headers: { ...headers, 'content-type': contentType },
        body: fillTemplate(template, { to: message.to, message: context.texts.sms(message) }, contentType),
      }),
      readAnswer: readAnswer(idPath),
    });
  },
});
