import { labCredentials } from '../credentials';
import { callGateway, reasonOf } from '../gateway-link';

/** What may go wrong with callbacks (gtf.md §8). Read at each attempt, so that a test can heal it again. */
export interface CallbackBehaviour {
  /** Never sent. */
  drop: boolean;
  /** Further copies sent at the same time. */
  duplicates: number;
  /** A callback that more will follow is held back until the next one was sent. */
  reorder: boolean;
  /** Waits before the first attempt. */
  delayMs: number;
  /** Configurable at the partner for esign (§5). */
  method: 'POST' | 'PUT' | 'PATCH';
  /** Sent instead of what the unit registered; null = no such header at all. */
  headerValue: string | null | undefined;
  /** The body is no JSON. */
  malformed: boolean;
  /** Fields that no page mentions. */
  extraFields: boolean;
  /** Waits between attempts. The partner publishes no schedule ("may retry"): invented. */
  retryDelaysMs: readonly number[];
}

function defaultCallbackBehaviour(): CallbackBehaviour {
  return {
    drop: false,
    duplicates: 0,
    reorder: false,
    delayMs: 0,
    method: 'POST',
    headerValue: undefined,
    malformed: false,
    extraFields: false,
    retryDelaysMs: [30_000, 120_000, 600_000, 3_600_000],
  };
}

/** One attempt to tell the gateway. */
export interface CallbackDelivery {
  readonly submissionId: string;
  readonly unit: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** 1 = the first. */
  readonly attempt: number;
  /** The gateway's HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly answer: unknown;
  readonly problem: string | null;
}

export interface Callback {
  readonly unit: string;
  readonly submissionId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Further callbacks about this submission will follow. */
  readonly moreToCome: boolean;
}

/** Any answer but 200, and any after five seconds, counts as not delivered (§5, §8). */
const ANSWER_WITHIN_MS = 5000;

export class CallbackPusher {
  readonly behaviour = defaultCallbackBehaviour();
  readonly deliveries: CallbackDelivery[] = [];
  readonly #held = new Map<string, Callback>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #gatewayUrl: string | undefined;

  connectGateway(url: string): void {
    this.#gatewayUrl = url.replace(/\/+$/, '');
  }

  /** Resolves when the first attempt is over (at once when it is delayed, held back or dropped). */
  async push(callback: Callback): Promise<void> {
    const { drop, reorder, delayMs } = this.behaviour;
    if (drop) return;
    const held = this.#held.get(callback.submissionId);
    if (reorder && callback.moreToCome) {
      this.#held.set(callback.submissionId, callback);
      return;
    }
    this.#held.delete(callback.submissionId);
    if (delayMs > 0) {
      this.#later(delayMs, () => this.#sendCopies(callback));
      return;
    }
    await this.#sendCopies(callback);
    if (held !== undefined) await this.#sendCopies(held);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #sendCopies(callback: Callback): Promise<void> {
    const copies = Array.from({ length: 1 + this.behaviour.duplicates }, () => this.#attempt(callback, 1));
    await Promise.all(copies);
  }

  async #attempt(callback: Callback, attempt: number): Promise<void> {
    const { submissionId, unit, body } = callback;
    const outcome = await this.#send(unit, body);
    this.deliveries.push({ submissionId, unit, body, attempt, ...outcome });
    const delayMs = this.behaviour.retryDelaysMs[attempt - 1];
    if (outcome.problem === null || delayMs === undefined) return;
    this.#later(delayMs, () => this.#attempt(callback, attempt + 1));
  }

  async #send(
    unit: string,
    body: Readonly<Record<string, unknown>>,
  ): Promise<Pick<CallbackDelivery, 'status' | 'answer' | 'problem'>> {
    if (this.#gatewayUrl === undefined)
      return { status: null, answer: null, problem: 'no gateway connected' };
    const { method, malformed, extraFields } = this.behaviour;
    const text = JSON.stringify(extraFields ? { ...body, traceId: 'lab', extra: { deep: [1, null] } } : body);
    try {
      const answer = await callGateway(`${this.#gatewayUrl}/coe/submissions-callback`, {
        method,
        headers: { 'content-type': 'application/json', ...this.#registeredHeader(unit) },
        body: malformed ? text.slice(0, -1) : text,
      });
      const delivered = answer.status === 200 && answer.durationMs <= ANSWER_WITHIN_MS;
      const problem = delivered ? null : `answered ${answer.status} after ${answer.durationMs} ms`;
      return { status: answer.status, answer: answer.body, problem };
    } catch (error) {
      return { status: null, answer: null, problem: reasonOf(error) };
    }
  }

  /** No signature is documented anywhere: the header the unit registered is all there is (§5). */
  #registeredHeader(unit: string): Record<string, string> {
    const { header, value } = labCredentials(unit).gtfCallback;
    const { headerValue } = this.behaviour;
    return headerValue === null ? {} : { [header]: headerValue ?? value };
  }

  #later(delayMs: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void work();
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }
}
