import { jsonOf, type PartnerHttpClient, retryAfterSeconds } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { withoutAnswer } from './http-failure';
import { type Language, smsText } from './message-text';
import type { OtpMessage, OtpProvider, SendResult } from './otp-provider';
import type { TwilioAccount } from './sms.settings';
import { readAnswer } from './twilio.wire';

interface TwilioUnit {
  readonly account: TwilioAccount;
  readonly baseUrl: string;
  /** Where Twilio reports what became of a message. */
  readonly statusCallback: string;
  readonly unitName: string;
  readonly language: Language;
  readonly suffix: string | undefined;
}

/** Twilio counts `ValidityPeriod` in whole seconds from 1 to 36000; left out, a code would wait for 10 hours. */
const SHORTEST_VALIDITY_SECONDS = 1;

/** SMS by Twilio's Messages API (otp-channels.md §2.1). */
export class TwilioClient implements OtpProvider {
  readonly name = 'twilio';
  readonly channel = 'sms';
  readonly reportsDelivery = true;
  readonly #url: string;
  readonly #authorization: string;

  constructor(
    private readonly http: PartnerHttpClient,
    private readonly unit: TwilioUnit,
  ) {
    const { TWILIO_ACCOUNT_SID: account, TWILIO_AUTH_TOKEN: token } = unit.account;
    this.#url = `${unit.baseUrl}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`;
    this.#authorization = `Basic ${Buffer.from(`${account}:${token.reveal()}`).toString('base64')}`;
  }

  async send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    try {
      const answer = await this.http.send({
        operation: 'send',
        method: 'POST',
        url: this.#url,
        headers: {
          authorization: this.#authorization,
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        },
        body: this.#form(message).toString(),
        deadline,
      });
      return {
        ...readAnswer(answer.status, jsonOf(answer.body)),
        retryAfterSeconds: retryAfterSeconds(answer.headers, Date.now()),
      };
    } catch (error) {
      return withoutAnswer(error, (status) => readAnswer(status, undefined));
    }
  }

  #form({ deliveryId, to, code, secondsLeft }: OtpMessage): URLSearchParams {
    const { account, language, unitName, suffix, statusCallback } = this.unit;
    const from = account.TWILIO_FROM;
    return new URLSearchParams({
      To: `+${to}`,
      [from.startsWith('MG') ? 'MessagingServiceSid' : 'From']: from,
      Body: smsText(language, { code, unitName, secondsLeft }, suffix),
      ValidityPeriod: String(Math.max(SHORTEST_VALIDITY_SECONDS, Math.floor(secondsLeft))),
      // The delivery's id lets a receipt find a message whose sending we heard no answer about.
      StatusCallback: `${statusCallback}?delivery=${deliveryId}`,
    });
  }
}
