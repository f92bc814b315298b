import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const DEFAULT_DELAY_MS = 150;
/** Providers repeat what was not taken for hours; the lab gives up soon. */
const TRIES = 3;

/** One delivery receipt to come. */
export interface ReceiptStep {
  /** The provider's word: `sent`, `delivered`, `read`, `failed`, `undelivered`. */
  readonly status: string;
  /** The provider's error code of a failure. */
  readonly errorCode?: number;
}

/** Which receipts follow an accepted message: the usual ones, or those planned for the next message. */
export class ReceiptPlan {
  /** Pause before each receipt and each repeat. */
  delayMs = DEFAULT_DELAY_MS;
  #usual: readonly ReceiptStep[];
  #planned: (readonly ReceiptStep[])[] = [];
  readonly #closing = new AbortController();

  constructor(usual: readonly ReceiptStep[]) {
    this.#usual = usual;
    setMaxListeners(0, this.#closing.signal); // as many as receipts are to come
  }

  /** What the next message gets; several calls queue up. */
  next(steps: readonly ReceiptStep[]): void {
    this.#planned.push(steps);
  }

  /** What every message without a plan of its own gets from now on; `[]` = none. */
  usually(steps: readonly ReceiptStep[]): void {
    this.#usual = steps;
  }

  /** Starts pushing the receipts of one message, one after the other; `push` says whether the gateway took it. */
  start(push: (step: ReceiptStep) => Promise<boolean>): void {
    const steps = this.#planned.shift() ?? this.#usual;
    void this.#run(steps, push).catch(() => undefined); // only a closing lab interrupts it
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(steps: readonly ReceiptStep[], push: (step: ReceiptStep) => Promise<boolean>): Promise<void> {
    for (const step of steps) {
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        await sleep(this.delayMs, undefined, { signal: this.#closing.signal });
        if (await push(step).catch(() => false)) break;
      }
    }
  }
}
