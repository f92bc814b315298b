import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { EventDto } from '../submissions/dto/event.dto';
import type { Submission } from '../submissions/submission.entity';
import type { SubmissionEvent } from '../submissions/submission-events';
import { LAST_EVENTS } from '../submissions/submission-state';

/** How long a browser waits before it comes back: not all at once after a restart. */
const MIN_RETRY_MS = 2_000;
const MAX_RETRY_MS = 5_000;

/** Whether a submission's status is its last one. */
export function hasEnded({ status }: Submission): boolean {
  return status === 'shared' || status === 'rejected';
}

/** One browser that watches a submission (WHATWG HTML §9.2, server-sent events). */
export class EventStream {
  #after: number;
  #isOver: boolean;
  #wasFull = false;

  /** @param after the `seq` the browser has seen last; 0 = from the first event */
  constructor(
    readonly submission: Submission,
    after: number,
    private readonly response: ServerResponse,
  ) {
    this.#after = after;
    this.#isOver = hasEnded(submission);
  }

  /** Events up to here were sent. */
  get after(): number {
    return this.#after;
  }

  /** Whether the last event that is to come was sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isOpen(): boolean {
    return this.response.writable && !this.response.destroyed;
  }

  /** Whether the browser is too slow for more at the moment; it tells when it is not: see {@link whenReady}. */
  get isFull(): boolean {
    return this.response.writableNeedDrain;
  }

  begin(): void {
    this.response.write(`retry: ${randomInt(MIN_RETRY_MS, MAX_RETRY_MS)}\n\n`);
  }

  send(events: readonly SubmissionEvent[]): void {
    for (const event of events) {
      this.response.write(
        `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(EventDto.of(event))}\n\n`,
      );
      this.#after = event.seq;
      this.#isOver ||= LAST_EVENTS.includes(event.type);
    }
  }

  /**
   * A comment that keeps proxies from closing a quiet connection.
   * @returns whether the browser still reads: false when it took nothing between two heartbeats
   */
  beat(): boolean {
    const wasFull = this.#wasFull;
    this.#wasFull = this.isFull;
    if (!this.#wasFull) this.response.write(': still here\n\n');
    return !(wasFull && this.#wasFull);
  }

  /** Calls `then` when a slow browser can take more, once however often this is asked. */
  whenReady(then: () => void): void {
    if (this.response.listenerCount('drain') === 0) this.response.once('drain', then);
  }

  end(): void {
    this.response.end();
  }
}
