import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { basicCredentials } from '../basic-credentials';
import { labCredentials } from '../credentials';
import type { GatewayAnswer } from '../gateway-link';
import { MessageLog } from '../message-log';
import { PartnerServer, type PartnerOptions } from '../partner-server';
import { ReceiptPlan, type ReceiptStep } from '../receipt-plan';
import { isTwilioError, readSmsRequest, type SmsRequest, type TwilioError } from './message-request';
import { postStatusCallback } from './status-callback';

export interface TwilioMessage extends SmsRequest {
  /** `SM` and 32 hex digits. */
  readonly id: string;
  readonly unit: string;
  readonly receivedAt: string;
  /** Twilio's word: `queued` (`accepted` with a messaging service), then as the receipts say. */
  status: string;
}

/** Twilio's Messages API with signed status callbacks. */
export class TwilioLab extends PartnerServer {
  /** Which status callbacks follow: by default sent, delivered. */
  readonly receipts = new ReceiptPlan([{ status: 'sent' }, { status: 'delivered' }]);
  readonly #log: MessageLog<TwilioMessage>;

  constructor(private readonly options: PartnerOptions) {
    super({ plays: 'Twilio' });
    this.#log = new MessageLog(options.snapshotFile);
    this.app.post<{ Params: { account: string } }>(
      '/2010-04-01/Accounts/:account/Messages.json',
      ({ params, headers, body, url }, reply) => {
        const unit = this.#unitOf(headers.authorization, params.account, url);
        if (isTwilioError(unit)) return refuse(reply, unit);
        const own = labCredentials(unit).twilio;
        const request = readSmsRequest((body ?? {}) as Record<string, string>, own);
        if (isTwilioError(request)) return refuse(reply, request);
        return reply.code(201).send(resource(this.#accept(unit, request), own.accountSid));
      },
    );
    this.app.get<{ Params: { account: string } }>(
      '/2010-04-01/Accounts/:account.json',
      ({ params: { account }, headers, url }, reply) => {
        const unit = this.#unitOf(headers.authorization, account, url);
        return isTwilioError(unit) ? refuse(reply, unit) : { sid: account, status: 'active', type: 'Full' };
      },
    );
  }

  messages(): readonly TwilioMessage[] {
    return this.#log.all();
  }

  waitForMessage(fits: (message: TwilioMessage) => boolean, timeoutMs?: number): Promise<TwilioMessage> {
    return this.#log.waitFor(fits, timeoutMs);
  }

  /** Pushes one status callback of a message now. Rejects when the message is unknown or asked for none. */
  pushStatus(sid: string, step: ReceiptStep): Promise<GatewayAnswer> {
    const message = this.#log.all().find(({ id }) => id === sid);
    if (message?.statusCallback === undefined) {
      return Promise.reject(new Error(`${sid} has no status callback`));
    }
    const { accountSid, authToken } = labCredentials(message.unit).twilio;
    return postStatusCallback(authToken, message.statusCallback, {
      AccountSid: accountSid,
      ApiVersion: '2010-04-01',
      From: message.from ?? '',
      MessageSid: sid,
      MessageStatus: step.status,
      SmsSid: sid,
      SmsStatus: step.status,
      To: message.to,
      ...(message.messagingServiceSid === null ? {} : { MessagingServiceSid: message.messagingServiceSid }),
      ...(step.errorCode === undefined ? {} : { ErrorCode: String(step.errorCode) }),
    });
  }

  clear(): void {
    this.#log.clear();
  }

  override async close(): Promise<void> {
    this.receipts.close();
    await super.close();
    await this.#log.flush();
  }

  /** Whose account it is, if the credentials are its own. */
  #unitOf(authorization: string | undefined, account: string, url: string): string | TwilioError {
    const given = basicCredentials(authorization);
    const unit = this.options.units.find((one) => {
      const { accountSid, authToken } = labCredentials(one).twilio;
      return given?.user === accountSid && given.password === authToken;
    });
    if (unit === undefined) return { status: 401, code: 20003, message: 'Authenticate' };
    if (labCredentials(unit).twilio.accountSid === account) return unit;
    return { status: 404, code: 20404, message: `The requested resource ${url} was not found` };
  }

  #accept(unit: string, request: SmsRequest): TwilioMessage {
    const message: TwilioMessage = {
      ...request,
      id: `SM${randomBytes(16).toString('hex')}`,
      unit,
      receivedAt: this.options.now().toISOString(),
      status: request.messagingServiceSid === null ? 'queued' : 'accepted',
    };
    this.#log.add(message);
    this.receipts.start(async (step) => {
      message.status = step.status;
      this.#log.changed();
      if (message.statusCallback === undefined) return true;
      const { status } = await this.pushStatus(message.id, step);
      return status >= 200 && status < 300;
    });
    return message;
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startTwilioLab(options: PartnerOptions): Promise<TwilioLab> {
  const lab = new TwilioLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

/** The message resource as Twilio returns it on creation. */
function resource(message: TwilioMessage, accountSid: string): Record<string, unknown> {
  const created = new Date(message.receivedAt).toUTCString().replace('GMT', '+0000');
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.text,
    date_created: created,
    date_sent: null,
    date_updated: created,
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: 'USD',
    sid: message.id,
    status: message.status,
    to: message.to,
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${message.id}.json`,
  };
}

function refuse(reply: FastifyReply, { status, code, message }: TwilioError): FastifyReply {
  const moreInfo = `https://www.twilio.com/docs/errors/${code}`;
  return reply.code(status).send({ code, message, more_info: moreInfo, status });
}
