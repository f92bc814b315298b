import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { labCredentials } from './credentials';
import { MessageLog } from './message-log';
import { PartnerServer, type PartnerOptions } from './partner-server';

export interface SmsHttpMessage {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  /** `628…` as it came. */
  readonly to: string;
  readonly text: string;
  readonly contentType: string;
  readonly receivedAt: string;
}

/** An Indonesian SMS aggregator of the `{ success, msg_id }` kind (OCA preset in the channel facts, §2.3). */
export class SmsHttpLab extends PartnerServer {
  readonly #log: MessageLog<SmsHttpMessage>;

  constructor(private readonly options: PartnerOptions) {
    super({ plays: 'an SMS aggregator' });
    this.#log = new MessageLog(options.snapshotFile);
    this.app.post('/send', ({ headers, body }, reply) => {
      const unit = this.#unitOf(headers.authorization);
      if (unit === undefined) return refuse(reply, 401, 'invalid api key');
      const {
        sender_id: from,
        recipient_number: to,
        message_body: text,
      } = (body ?? {}) as Record<string, unknown>;
      if (typeof from !== 'string' || typeof to !== 'string' || typeof text !== 'string' || text === '') {
        return refuse(reply, 400, 'sender_id, recipient_number and message_body are required');
      }
      if (!/^628\d{7,12}$/.test(to)) return refuse(reply, 400, 'recipient_number is invalid');
      const id = randomUUID();
      const contentType = headers['content-type'] ?? '';
      this.#log.add({ id, unit, from, to, text, contentType, receivedAt: this.options.now().toISOString() });
      return { success: true, msg_id: id };
    });
  }

  messages(): readonly SmsHttpMessage[] {
    return this.#log.all();
  }

  waitForMessage(fits: (message: SmsHttpMessage) => boolean, timeoutMs?: number): Promise<SmsHttpMessage> {
    return this.#log.waitFor(fits, timeoutMs);
  }

  clear(): void {
    this.#log.clear();
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#log.flush();
  }

  #unitOf(authorization: string | undefined): string | undefined {
    return this.options.units.find(
      (unit) => authorization === `Bearer ${labCredentials(unit).smsHttp.apiKey}`,
    );
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startSmsHttpLab(options: PartnerOptions): Promise<SmsHttpLab> {
  const lab = new SmsHttpLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ success: false, message });
}
