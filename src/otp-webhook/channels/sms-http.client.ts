import { jsonOf, type PartnerHttpClient, retryAfterSeconds } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { withoutAnswer } from './http-failure';
import { type Language, smsText } from './message-text';
import type { OtpMessage, OtpProvider, SendResult } from './otp-provider';
import type { SmsHttpAccount } from './sms.settings';
import { contentTypeOf, fillTemplate, readAnswer } from './sms-http.wire';

interface SmsHttpUnit {
  readonly account: SmsHttpAccount;
  readonly unitName: string;
  readonly language: Language;
  readonly suffix: string | undefined;
}

/** SMS by an aggregator that is described by configuration (otp-channels.md §2.3). */
export class SmsHttpClient implements OtpProvider {
  readonly name = 'http';
  readonly channel = 'sms';
  readonly reportsDelivery = false;

  constructor(
    private readonly http: PartnerHttpClient,
    private readonly unit: SmsHttpUnit,
  ) {}

  async send({ to, code, secondsLeft }: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const { account, language, unitName, suffix } = this.unit;
    const template = account.SMS_HTTP_BODY.reveal();
    const headers = account.SMS_HTTP_HEADERS.reveal();
    const contentType = contentTypeOf(headers, template);
    const message = smsText(language, { code, unitName, secondsLeft }, suffix);
    try {
      const answer = await this.http.send({
        operation: 'send',
        method: account.SMS_HTTP_METHOD,
        url: account.SMS_HTTP_URL,
        headers: { ...headers, 'content-type': contentType },
        body: fillTemplate(template, { to, message }, contentType),
        deadline,
      });
      return {
        ...readAnswer(answer.status, jsonOf(answer.body), account.SMS_HTTP_ID_PATH),
        retryAfterSeconds: retryAfterSeconds(answer.headers, Date.now()),
      };
    } catch (error) {
      return withoutAnswer(error, (status) => readAnswer(status, undefined, undefined));
    }
  }
}
