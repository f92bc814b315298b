import { Untried } from '../../../platform/checkup';
import type { PartnerHttpClient } from '../../../platform/outbound';
import type { Deadline } from '../../../platform/time';
import { sendMessage } from '../http-message';
import type { ClientContext, OtpClient, OtpMessage, SendResult } from '../otp-provider';
import { callbackPath } from './verihubs-callback.authenticator';
import type { VerihubsAccount } from './verihubs.settings';
import { CODE_MARK, otpRequest, readAnswer } from './verihubs.wire';

/** SMS by Verihubs' OTP API v2 (otp-channels.md §2.4). */
export class VerihubsClient implements OtpClient {
  readonly #http: PartnerHttpClient;

  constructor(
    private readonly account: VerihubsAccount,
    private readonly baseUrl: string,
    private readonly context: ClientContext,
  ) {
    this.#http = context.httpClient(baseUrl);
  }

  send(message: OtpMessage, deadline: Deadline): Promise<SendResult> {
    const { unit, texts, publicUrl } = this.context;
    const template = texts.sms({ ...message, code: CODE_MARK });
    const callbackUrl = publicUrl + callbackPath(this.account, unit.id, message.deliveryId);
    const headers = {
      'app-id': this.account.VERIHUBS_APP_ID,
      'api-key': this.account.VERIHUBS_API_KEY.reveal(),
      'content-type': 'application/json',
    };
    const body = JSON.stringify(otpRequest(message, template, callbackUrl));
    const request = { method: 'POST', url: `${this.baseUrl}/v2/otp/send`, headers, body, deadline } as const;
    return sendMessage(this.#http, request, readAnswer);
  }

  probe(): Promise<string> {
    return Promise.reject(new Untried('an SMS would have to be sent'));
  }
}
