import { randomUUID } from 'node:crypto';
import { labCredentials } from './credentials';
import type { FaultQueue } from './faults';
import { MessageLog } from './message-log';
import { PartnerServer, type PartnerOptions, type SeenRequest } from './partner-server';

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
export interface SmsHttpLab {
  readonly url: string;
  readonly faults: FaultQueue;
  requests(pathPrefix?: string): readonly SeenRequest[];
  messages(): readonly SmsHttpMessage[];
  waitForMessage(fits: (message: SmsHttpMessage) => boolean, timeoutMs?: number): Promise<SmsHttpMessage>;
  clear(): void;
  close(): Promise<void>;
}

export async function startSmsHttpLab(options: PartnerOptions): Promise<SmsHttpLab> {
  const log = new MessageLog<SmsHttpMessage>(options.snapshotFile);
  const server = new PartnerServer();

  server.app.post<{ Body: Record<string, unknown> | null }>('/send', ({ headers, body }, reply) => {
    const unit = options.units.find(
      (name) => headers.authorization === `Bearer ${labCredentials(name).smsHttp.apiKey}`,
    );
    if (unit === undefined) return reply.code(401).send({ success: false, message: 'invalid api key' });
    const { sender_id: from, recipient_number: to, message_body: text } = body ?? {};
    if (typeof from !== 'string' || typeof to !== 'string' || typeof text !== 'string' || text === '') {
      return reply
        .code(400)
        .send({ success: false, message: 'sender_id, recipient_number and message_body are required' });
    }
    if (!/^628\d{7,12}$/.test(to)) {
      return reply.code(400).send({ success: false, message: 'recipient_number is invalid' });
    }
    const id = randomUUID();
    const contentType = headers['content-type'] ?? '';
    log.add({ id, unit, from, to, text, contentType, receivedAt: options.now().toISOString() });
    return { success: true, msg_id: id };
  });

  await server.listen(options.host, options.port);
  return {
    url: server.url,
    faults: server.faults,
    requests: (prefix) => server.requests(prefix),
    messages: () => log.all(),
    waitForMessage: (fits, timeoutMs) => log.waitFor(fits, timeoutMs),
    clear: () => log.clear(),
    close: async () => {
      await server.close();
      await log.flush();
    },
  };
}
