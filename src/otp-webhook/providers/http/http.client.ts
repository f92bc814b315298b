import { Untried } from '../../../platform/checkup';
import type { PartnerHttpClient } from '../../../platform/outbound';
import type { Deadline } from '../../../platform/time';
import { sendMessage } from '../http-message';
import type { ClientContext, OtpClient, OtpMessage, SendResult } from '../otp-provider';
import type { HttpAccount } from './http.settings';
import { contentTypeOf, fillTemplate, readAnswer } from './http.wire';

/** SMS by an aggregator that is described by configuration (otp-channels.md §2.3). */
export class HttpClient implements OtpClient {
  readonly #http: PartnerHttpClient;

  constructor(
    private readonly account: HttpAccount,
    private readonly context: ClientContext,
  ) {
    this.#http = context.httpClient(account.SMS_HTTP_URL, 'sms-http');
  }

  async send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const { account } = this;
    const template = account.SMS_HTTP_BODY.reveal();
    const headers = account.SMS_HTTP_HEADERS.reveal();
    const contentType = contentTypeOf(headers, template);
    const values = { to: message.to, message: this.context.texts.sms(message) };
    return sendMessage(
      this.#http,
      {
        method: account.SMS_HTTP_METHOD,
        url: account.SMS_HTTP_URL,
        headers: { ...headers, 'content-type': contentType },
        body: fillTemplate(template, values, contentType),
        deadline,
      },
      (status, body) => readAnswer(status, body, account.SMS_HTTP_ID_PATH),
    );
  }

  probe(): Promise<string> {
    return Promise.reject(new Untried('an SMS would have to be sent'));
  }
}
