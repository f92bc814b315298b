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
  /** Bytes that the connection had taken at the last heartbeat. */
  #taken: number | undefined;

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

  /** Whether more events are to come, and somebody is there to read them. */
  get goesOn(): boolean {
    return !this.#isOver && this.isOpen;
  }

  get isOpen(): boolean {
    return this.response.writable && !this.response.destroyed;
  }

  /** Whether so much is held for the browser that it must read some of it first. */
  get isFull(): boolean {
    return this.response.writableNeedDrain;
  }

  /** @param onRoom is called when the browser has read what was held for it */
  begin(onRoom: () => void): void {
    this.response.on('drain', onRoom);
    this.response.write(`retry: ${randomInt(MIN_RETRY_MS, MAX_RETRY_MS)}\n\n`);
  }

  /** Sends what was not sent yet. */
  send(events: readonly SubmissionEvent[]): void {
    for (const event of events) {
      if (event.seq <= this.#after || !this.isOpen) continue;
      this.response.write(
        `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(EventDto.of(event))}\n\n`,
      );
      this.#after = event.seq;
      this.#isOver ||= LAST_EVENTS.includes(event.type);
    }
  }

  /** A comment that keeps proxies from closing a quiet connection. A browser that took nothing between two of them is gone. */
  beat(): void {
    const { socket } = this.response;
    const before = this.#taken;
    this.#taken = socket === null ? undefined : socket.bytesWritten - socket.writableLength;
    if (!this.isFull) this.response.write(': still here\n\n');
    else if (this.#taken === before) this.response.destroy();
  }

  end(): void {
    this.response.end();
  }
}
