import type { PartnerHttpClient } from '../../../platform/outbound';
import type { Deadline } from '../../../platform/time';
import { readWithAccount, sendMessage } from '../http-message';
import type { ClientContext, OtpClient, OtpMessage, SendResult } from '../otp-provider';
import type { WhatsappAccount } from './whatsapp.settings';
import { readAnswer, templateMessage } from './whatsapp.wire';

/** WhatsApp Cloud API of one business unit (otp-channels.md §1). */
export class WhatsappClient implements OtpClient {
  readonly #http: PartnerHttpClient;
  /** The phone number's node of the Graph API. */
  readonly #url: string;
  readonly handOver;

  constructor(
    private readonly account: WhatsappAccount,
    baseUrl: string,
    { unit, httpClient, publicUrl }: ClientContext,
  ) {
    this.#http = httpClient(baseUrl);
    this.#url = `${baseUrl}/${encodeURIComponent(account.WHATSAPP_PHONE_NUMBER_ID)}`;
    this.handOver = {
      partner: 'Meta',
      facts: {
        Webhook: `${publicUrl}/v1/webhooks/whatsapp/${unit.id}`,
        'Verify token': 'the value of WHATSAPP_VERIFY_TOKEN',
        Field: 'messages',
      },
    };
  }

  send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const template = { name: this.account.WHATSAPP_TEMPLATE, language: this.account.WHATSAPP_LANGUAGE };
    const headers = { authorization: this.#authorization, 'content-type': 'application/json' };
    const body = JSON.stringify(templateMessage(message, template));
    const request = { method: 'POST', url: `${this.#url}/messages`, headers, body, deadline } as const;
    return sendMessage(this.#http, request, readAnswer);
  }

  /** An account that may send from the number may read it. */
  async probe(deadline: Deadline): Promise<string> {
    const headers = { authorization: this.#authorization };
    await readWithAccount(this.#http, 'whatsapp', { url: `${this.#url}?fields=id`, headers, deadline });
    return 'knows the number; whether the template is approved shows with the first message';
  }

  get #authorization(): string {
    return `Bearer ${this.account.WHATSAPP_ACCESS_TOKEN.reveal()}`;
  }
}
