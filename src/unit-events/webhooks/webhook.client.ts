import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { isAxiosError } from 'axios';
import type { LedgerEvent } from '../../kyc-ledger';
import { Log } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import { Trace } from '../../platform/tracing';
import type { DeliveryAttempt } from '../unit-events.entity';
import type { EventsEndpoint } from '../unit-events.settings';
import { judge, type Verdict } from './delivery-schedule';
import { bodyOf, signedHeaders } from './webhook-message';

const TRY_MS = 15_000;
/** An answer up to this size is read to its end, so that its connection serves the next try. */
const SMALL_ANSWER_BYTES = 16_384;

interface Answered {
  /** Null: there was no answer. */
  readonly status: number | null;
  /** Why there was none: a word of Node's such as `ECONNREFUSED`, or ours. */
  readonly reason: string;
}

/** A try of a delivery. */
interface Attempt {
  /** The database's time. */
  readonly startedAt: Date;
  /** Tries since the event was made due. */
  readonly failedBefore: number;
}

/** What a try came to. */
interface Sent extends Verdict {
  readonly attempt: DeliveryAttempt;
}

/**
 * Sends events to business units' own back ends. No breaker: a unit's tries are bounded in number and time, each has its place in the
 * schedule, and what is not tried would have to be planned anew.
 */
@Injectable()
export class WebhookClient {
  readonly #agents = {
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true }),
  };
  readonly #tries;

  constructor(
    private readonly http: HttpService,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#tries = metrics.counter({
      name: 'unit_event_tries_total',
      help: "Tries to send an event to a unit's back end, by what became of the delivery (pending: tried again)",
      labels: ['status'],
    });
  }

  async send(
    unit: string,
    { EVENTS_URL: url, EVENTS_SECRETS: secrets }: EventsEndpoint,
    event: LedgerEvent,
    { startedAt, failedBefore }: Attempt,
  ): Promise<Sent> {
    const started = performance.now();
    const body = JSON.stringify(bodyOf(event));
    const answered = await this.#post(url, body, signedHeaders(event.id, startedAt, body, secrets));
    const durationMs = Math.round(performance.now() - started);
    const verdict = judge(answered.status, failedBefore);
    this.#tries.inc({ status: verdict.status });
    const { host } = new URL(url);
    this.#logTry({ businessUnit: unit, host, reason: answered.reason }, event, verdict);
    return {
      ...verdict,
      attempt: { startedAt: startedAt.toISOString(), durationMs, status: answered.status },
    };
  }

  async #post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<Answered> {
    const signal = AbortSignal.timeout(TRY_MS);
    try {
      const answer = await this.http.axiosRef.post<Readable>(url, Buffer.from(body), {
        headers: {
          'content-type': 'application/json',
          'user-agent': 'kyc-gateway',
          ...Trace.header(),
          ...headers,
        },
        signal,
        responseType: 'stream',
        maxRedirects: 0,
        validateStatus: null,
        proxy: false,
        ...this.#agents,
      });
      discard(answer.data);
      return { status: answer.status, reason: `status ${answer.status}` };
    } catch (error) {
      const code = isAxiosError(error) ? (error.code ?? error.name) : 'unknown';
      return { status: null, reason: signal.aborted ? 'no answer in time' : code };
    }
  }

  #logTry(
    receiver: Readonly<Record<'businessUnit' | 'host' | 'reason', string>>,
    { seq, id: eventId, type }: LedgerEvent,
    { status, waitSeconds }: Verdict,
  ): void {
    const fields = { ...receiver, seq, eventId, type };
    switch (status) {
      case 'delivered':
        return;
      case 'pending':
        return this.log.warn('an event was not taken', { ...fields, againInSeconds: waitSeconds });
      case 'failed':
        return this.log.alarm('unit_event_given_up', 'an event was given up', fields);
      case 'stopped':
        return this.log.alarm(
          'unit_events_stopped',
          'a unit’s back end wants no events any more (410)',
          fields,
        );
    }
  }
}

/** Reads the body of an answer and keeps none of it; one that is long is cut off. */
function discard(answer: Readable): void {
  let bytes = 0;
  answer.on('error', () => undefined);
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > SMALL_ANSWER_BYTES) answer.destroy();
  });
}
