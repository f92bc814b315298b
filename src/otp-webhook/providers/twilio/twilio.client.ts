import type { PartnerHttpClient } from '../../../platform/outbound';
import type { Deadline } from '../../../platform/time';
import { readWithAccount, sendMessage } from '../http-message';
import type { ClientContext, OtpClient, OtpMessage, SendResult } from '../otp-provider';
import type { TwilioAccount } from './twilio.settings';
import { readAnswer } from './twilio.wire';

/** Twilio counts `ValidityPeriod` in whole seconds from 1 to 36000; left out, a code would wait for 10 hours. */
const MIN_VALIDITY_SECONDS = 1;

/** SMS by Twilio's Messages API (otp-channels.md §2.1). */
export class TwilioClient implements OtpClient {
  readonly #http: PartnerHttpClient;
  readonly #url: string;
  readonly #authorization: string;

  constructor(
    private readonly account: TwilioAccount,
    baseUrl: string,
    private readonly context: ClientContext,
  ) {
    const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token } = account;
    this.#http = context.httpClient(baseUrl);
    this.#url = `${baseUrl}/2010-04-01/Accounts/${encodeURIComponent(sid)}`;
    this.#authorization = `Basic ${Buffer.from(`${sid}:${token.reveal()}`).toString('base64')}`;
  }

  send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const headers = {
      authorization: this.#authorization,
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    };
    const body = this.#form(message).toString();
    const request = { method: 'POST', url: `${this.#url}/Messages.json`, headers, body, deadline } as const;
    return sendMessage(this.#http, request, readAnswer);
  }

  /** The account resource of Twilio's API. */
  async probe(deadline: Deadline): Promise<string> {
    const headers = { authorization: this.#authorization };
    await readWithAccount(this.#http, 'twilio', { url: `${this.#url}.json`, headers, deadline });
    return 'takes the credentials';
  }

  #form(message: OtpMessage): URLSearchParams {
    const { unit, texts, publicUrl } = this.context;
    const { deliveryId, to, secondsLeft } = message;
    const from = this.account.TWILIO_FROM;
    return new URLSearchParams({
      To: `+${to}`,
      [from.startsWith('MG') ? 'MessagingServiceSid' : 'From']: from,
      Body: texts.sms(message),
      ValidityPeriod: String(Math.max(MIN_VALIDITY_SECONDS, Math.floor(secondsLeft))),
      // The delivery's id lets a receipt find a message whose sending got no answer.
      StatusCallback: `${publicUrl}/v1/webhooks/sms/${unit.id}?delivery=${deliveryId}`,
    });
  }
}
