import { jsonOf, type PartnerHttpClient, retryAfterSeconds } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { withoutAnswer } from './http-failure';
import type { OtpMessage, OtpProvider, SendResult } from './otp-provider';
import type { WhatsappAccount } from './whatsapp.settings';
import { readAnswer, templateMessage } from './whatsapp.wire';

/** WhatsApp Cloud API of one business unit (otp-channels.md §1). */
export class WhatsappClient implements OtpProvider {
  readonly name = 'whatsapp';
  readonly channel = 'whatsapp';
  readonly reportsDelivery = true;
  readonly #url: string;

  constructor(
    private readonly http: PartnerHttpClient,
    baseUrl: string,
    private readonly account: WhatsappAccount,
  ) {
    this.#url = `${baseUrl}/${encodeURIComponent(account.WHATSAPP_PHONE_NUMBER_ID)}/messages`;
  }

  async send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const template = { name: this.account.WHATSAPP_TEMPLATE, language: this.account.WHATSAPP_LANGUAGE };
    try {
      const answer = await this.http.send({
        operation: 'send',
        method: 'POST',
        url: this.#url,
        headers: {
          authorization: `Bearer ${this.account.WHATSAPP_ACCESS_TOKEN.reveal()}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(templateMessage(message, template)),
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
}
