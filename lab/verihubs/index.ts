import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { labCredentials } from '../credentials';
import { callGateway, type GatewayAnswer } from '../gateway-link';
import { MessageLog } from '../message-log';
import { PartnerServer, type PartnerOptions } from '../partner-server';
import { ReceiptPlan, type ReceiptStep } from '../receipt-plan';

export interface VerihubsMessage {
  /** Verihubs' `session_id`. */
  readonly id: string;
  readonly unit: string;
  /** `628…` as it came. */
  readonly to: string;
  /** The template with the code in it. */
  readonly text: string;
  readonly callbackUrl: string | undefined;
  readonly receivedAt: string;
  /** Verihubs' number: `0` requested, `1` delivered, … */
  status: string;
}

/** Answers that the sandbox gives to numbers of its own ("Sandbox – Send OTP V2"). */
const SANDBOX: Readonly<Record<string, readonly [status: number, message: string]>> = {
  '6282123060002': [400, 'Msisdn invalid: msisdn length should between 4-16 characters'],
  '6282123060003': [401, 'Authorization failed'],
  '6282123060004': [403, 'OTP testing quota is insufficient'],
  '6282123060005': [409, 'Msisdn invalid: msisdn has been blocked'],
  '6282123060006': [429, 'Too many request in the allowed time frame'],
};

/** Verihubs' SMS OTP v2 with its callbacks. */
export class VerihubsLab extends PartnerServer {
  /** Which callbacks follow: by default delivered. */
  readonly receipts = new ReceiptPlan([{ status: '1' }]);
  readonly #log: MessageLog<VerihubsMessage>;

  constructor(private readonly options: PartnerOptions) {
    super({ plays: 'Verihubs' });
    this.#log = new MessageLog(options.snapshotFile);
    this.app.post('/v2/otp/send', ({ headers, body }, reply) => {
      const unit = this.#unitOf(headers['app-id'], headers['api-key']);
      if (unit === undefined) return refuse(reply, 401, 'Authorization failed');
      const { msisdn, otp, template, callback_url: callbackUrl } = (body ?? {}) as Record<string, unknown>;
      if (typeof msisdn !== 'string' || !/^\d{4,16}$/.test(msisdn))
        return refuse(reply, 400, 'Msisdn invalid: msisdn length should between 4-16 characters');
      if (typeof otp !== 'string' || typeof template !== 'string' || !template.includes('$OTP'))
        return refuse(reply, 400, 'Template invalid: template should contain $OTP');
      const refusal = SANDBOX[msisdn];
      if (refusal !== undefined) return refuse(reply, ...refusal);
      const message = this.#accept({
        unit,
        to: msisdn,
        text: template.replaceAll('$OTP', () => otp),
        callbackUrl: typeof callbackUrl === 'string' ? callbackUrl : undefined,
      });
      return reply.code(201).send({
        message: 'OTP sent successfully',
        otp,
        session_id: message.id,
        msisdn,
        try_count: 1,
        segment_count: 1,
      });
    });
  }

  messages(): readonly VerihubsMessage[] {
    return this.#log.all();
  }

  waitForMessage(fits: (message: VerihubsMessage) => boolean, timeoutMs?: number): Promise<VerihubsMessage> {
    return this.#log.waitFor(fits, timeoutMs);
  }

  /** Calls back about a message now. Rejects when the message is unknown or asked for no callback. */
  pushStatus(id: string, { status }: ReceiptStep): Promise<GatewayAnswer> {
    const message = this.#log.all().find((one) => one.id === id);
    if (message?.callbackUrl === undefined) return Promise.reject(new Error(`${id} has no callback`));
    const query = new URLSearchParams({ session_id: id, status });
    return callGateway(`${message.callbackUrl}?${query.toString()}`, { method: 'GET' });
  }

  clear(): void {
    this.#log.clear();
  }

  override async close(): Promise<void> {
    this.receipts.close();
    await super.close();
    await this.#log.flush();
  }

  #unitOf(appId: unknown, apiKey: unknown): string | undefined {
    return this.options.units.find((unit) => {
      const own = labCredentials(unit).verihubs;
      return appId === own.appId && apiKey === own.apiKey;
    });
  }

  #accept(request: Pick<VerihubsMessage, 'unit' | 'to' | 'text' | 'callbackUrl'>): VerihubsMessage {
    const receivedAt = this.options.now().toISOString();
    const message: VerihubsMessage = { ...request, id: randomUUID(), receivedAt, status: '0' };
    this.#log.add(message);
    this.receipts.start(async (step) => {
      message.status = step.status;
      this.#log.changed();
      if (message.callbackUrl === undefined) return true;
      const { status } = await this.pushStatus(message.id, step);
      return status >= 200 && status < 300;
    });
    return message;
  }
}

/** Rejects with `EADDRINUSE` when the port is taken. */
export async function startVerihubsLab(options: PartnerOptions): Promise<VerihubsLab> {
  const lab = new VerihubsLab(options);
  await lab.listen(options.host, options.port);
  return lab;
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ code: String(status), message });
}
