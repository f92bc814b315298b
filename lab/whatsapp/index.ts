import { randomBytes, randomInt } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { labCredentials } from '../credentials';
import { callGateway, type GatewayAnswer } from '../gateway-link';
import { MessageLog } from '../message-log';
import { PartnerServer, type PartnerOptions } from '../partner-server';
import { ReceiptPlan, type ReceiptStep } from '../receipt-plan';
import { postSigned, statusWebhookBody } from './status-webhook';
import { isMetaError, readTemplateMessage, type MetaError } from './template-message';

export interface WhatsappMessage {
  /** `wamid.…` */
  readonly id: string;
  readonly unit: string;
  readonly to: string;
  readonly language: string;
  readonly code: string;
  /** What the person reads. */
  readonly text: string;
  readonly opaque?: string | undefined;
  readonly receivedAt: string;
  /** The last receipt's word; `accepted` before the first. */
  status: string;
}

/** WhatsApp's Cloud API for authentication templates, with signed status webhooks. */
export class WhatsappLab extends PartnerServer {
  /** Which status webhooks follow: by default sent, delivered, read. */
  readonly receipts = new ReceiptPlan([{ status: 'sent' }, { status: 'delivered' }, { status: 'read' }]);
  readonly #log: MessageLog<WhatsappMessage>;
  #gatewayUrl: string | undefined;

  constructor(private readonly options: PartnerOptions) {
    super({ plays: "WhatsApp's Cloud API" });
    this.#log = new MessageLog(options.snapshotFile);
    this.app.post<{ Params: { phoneNumberId: string } }>(
      '/:version/:phoneNumberId/messages',
      ({ params, headers, body }, reply) => {
        const answer = this.#accept(params.phoneNumberId, headers.authorization, body);
        return isMetaError(answer) ? refuse(reply, answer) : answer;
      },
    );
    this.app.get<{ Params: { phoneNumberId: string } }>(
      '/:version/:phoneNumberId',
      ({ params: { phoneNumberId }, headers }, reply) => {
        const unit = this.#unitOf(phoneNumberId, headers.authorization);
        return isMetaError(unit) ? refuse(reply, unit) : { id: phoneNumberId };
      },
    );
  }

  messages(): readonly WhatsappMessage[] {
    return this.#log.all();
  }

  waitForMessage(fits: (message: WhatsappMessage) => boolean, timeoutMs?: number): Promise<WhatsappMessage> {
    return this.#log.waitFor(fits, timeoutMs);
  }

  /** Pushes one status webhook now. `wamid` need not be a message of this lab. */
  async pushStatus(unit: string, wamid: string, step: ReceiptStep): Promise<GatewayAnswer> {
    const { phoneNumberId, appSecret } = labCredentials(unit).whatsapp;
    const subject = this.#log.all().find(({ id }) => id === wamid) ?? { id: wamid, to: '' };
    const body = statusWebhookBody(subject, step, phoneNumberId, this.options.now());
    return postSigned(this.#webhookUrl(unit), body, appSecret);
  }

  /** Meta's subscription challenge, with the unit's verify token unless another one is given. */
  async verifySubscription(
    unit: string,
    verifyToken = labCredentials(unit).whatsapp.verifyToken,
  ): Promise<GatewayAnswer & { challenge: string }> {
    const challenge = randomInt(1_000_000_000).toString();
    const query = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.verify_token': verifyToken,
      'hub.challenge': challenge,
    });
    return { ...(await callGateway(`${this.#webhookUrl(unit)}?${query.toString()}`, {})), challenge };
  }

  clear(): void {
    this.#log.clear();
  }

  connectGateway({ url }: { readonly url: string }): void {
    this.#gatewayUrl = url;
  }

  override async close(): Promise<void> {
    this.receipts.close();
    await super.close();
    await this.#log.flush();
  }

  /** Whose number it is, if the token may use it. */
  #unitOf(phoneNumberId: string, authorization: string | undefined): string | MetaError {
    const caller = this.options.units.find(
      (unit) => authorization === `Bearer ${labCredentials(unit).whatsapp.accessToken}`,
    );
    if (caller === undefined) return NO_TOKEN;
    const own = labCredentials(caller).whatsapp.phoneNumberId;
    return own === phoneNumberId ? caller : noSuchObject(phoneNumberId);
  }

  #accept(phoneNumberId: string, authorization: string | undefined, body: unknown): object | MetaError {
    const caller = this.#unitOf(phoneNumberId, authorization);
    if (isMetaError(caller)) return caller;
    const read = readTemplateMessage(body, labCredentials(caller).whatsapp);
    if (isMetaError(read)) return read;
    const message: WhatsappMessage = {
      ...read,
      id: messageId(read.to),
      unit: caller,
      text:
        read.language === 'id'
          ? `${read.code} adalah kode verifikasi Anda.`
          : `${read.code} is your verification code.`,
      receivedAt: this.options.now().toISOString(),
      status: 'accepted',
    };
    this.#log.add(message);
    this.#followUp(message);
    return {
      messaging_product: 'whatsapp',
      contacts: [{ input: read.to, wa_id: read.to }],
      messages: [{ id: message.id, message_status: 'accepted' }],
    };
  }

  #followUp(message: WhatsappMessage): void {
    this.receipts.start(async (step) => {
      message.status = step.status;
      this.#log.changed();
      if (this.#gatewayUrl === undefined) return true;
      return (await this.pushStatus(message.unit, message.id, step)).status === 200;
    });
  }

  #webhookUrl(unit: string): string {
    if (this.#gatewayUrl === undefined) throw new Error('no gateway is connected to the lab');
    return `${this.#gatewayUrl}/v1/webhooks/whatsapp/${unit}`;
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startWhatsappLab(options: PartnerOptions): Promise<WhatsappLab> {
  const lab = new WhatsappLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

const NO_TOKEN: MetaError = {
  status: 401,
  code: 190,
  type: 'OAuthException',
  message: 'Invalid OAuth access token - Cannot parse access token',
};

function noSuchObject(id: string): MetaError {
  const message = `Unsupported post request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`;
  return { status: 400, code: 100, subcode: 33, type: 'GraphMethodException', message };
}

function refuse(
  reply: FastifyReply,
  { status, code, message, type, details, subcode }: MetaError,
): FastifyReply {
  return reply.code(status).send({
    error: {
      message,
      type,
      code,
      ...(details === undefined ? {} : { error_data: { messaging_product: 'whatsapp', details } }),
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
      fbtrace_id: randomBytes(9).toString('base64url'),
    },
  });
}

/** As Meta's ids are: the number that the message went to, and what is random, in base64 (otp-channels.md §1). */
function messageId(to: string): string {
  const bytes = `\x1c\x18${String.fromCharCode(to.length)}${to}\x15\x02\x00\x11\x18\x12${randomBytes(9).toString('hex')}\x00`;
  return `wamid.${Buffer.from(bytes, 'latin1').toString('base64')}`;
}
