import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { bulkhead } from 'cockatiel';
import { Notifications } from '../../platform/database';
import { Log } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import { LEDGER_CHANNEL } from '../events/follow-ups';
import { SubmissionEvents } from '../submissions/submission-events';
import type { Submission } from '../submissions/submission.entity';
import { type EventStream, hasEnded } from './event-stream';

const HEARTBEAT_MS = 20_000;
const EVENTS_AT_ONCE = 100;
/** However many browsers watch, the rest of the program keeps its database connections. */
const READERS = 3;

/**
 * Feeds every open stream of this process from one database listener. A notification only says where to look; at each heartbeat
 * all streams are looked after anyway, so that a lost notification delays an event and loses none.
 */
@Injectable()
export class StreamHub implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #streams = new Map<string, Set<EventStream>>();
  readonly #readers = bulkhead(READERS, Infinity);
  /** Waiting for a reader. */
  readonly #stale = new Set<EventStream>();
  readonly #open;
  #closed = false;
  #heart: NodeJS.Timeout | undefined;
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly events: SubmissionEvents,
    private readonly notifications: Notifications,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#open = metrics.gauge({ name: 'submission_streams_open', help: 'Browsers that watch a submission' });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#heart = setInterval(() => this.beat(), HEARTBEAT_MS).unref();
    this.#stopListening = await this.notifications.listen(LEDGER_CHANNEL, (key) => this.#news(key));
  }

  /** Open streams would keep the server from closing, also those of browsers that come back meanwhile. */
  onModuleDestroy(): void {
    this.#closed = true;
    clearInterval(this.#heart);
    this.#stopListening?.();
    for (const stream of this.#all()) this.close(stream);
  }

  /** Whether there is nothing to show behind `after`, now or later: a browser that hears so stops coming back. */
  async isExhausted(submission: Submission, after: number): Promise<boolean> {
    if ((await this.events.after(submission, after, 1)).length > 0) return false;
    return hasEnded(submission) || this.events.isOfErased(submission);
  }

  /** Feeds the stream until it is closed. */
  open(stream: EventStream): void {
    stream.begin(() => this.#refresh(stream));
    if (this.#closed) return stream.end();
    const key = keyOf(stream);
    const watching = this.#streams.get(key) ?? new Set();
    this.#streams.set(key, watching.add(stream));
    this.#open.inc();
    this.#refresh(stream);
  }

  close(stream: EventStream): void {
    const key = keyOf(stream);
    const watching = this.#streams.get(key);
    if (watching?.delete(stream) !== true) return;
    if (watching.size === 0) this.#streams.delete(key);
    this.#open.dec();
    stream.end();
  }

  /** What happens every {@link HEARTBEAT_MS}. */
  beat(): void {
    for (const stream of this.#all()) {
      stream.beat();
      this.#refresh(stream);
    }
  }

  #all(): EventStream[] {
    return [...this.#streams.values()].flatMap((watching) => [...watching]);
  }

  /** The empty key comes when the listener was cut off for a while. */
  #news(key: string): void {
    const streams = key === '' ? this.#all() : (this.#streams.get(key) ?? []);
    for (const stream of streams) this.#refresh(stream);
  }

  #refresh(stream: EventStream): void {
    if (this.#stale.has(stream)) return;
    this.#stale.add(stream);
    void this.#readers.execute(() => this.#feed(stream));
  }

  async #feed(stream: EventStream): Promise<void> {
    this.#stale.delete(stream);
    if (stream.isFull) return;
    try {
      const found = stream.isOpen
        ? await this.events.after(stream.submission, stream.after, EVENTS_AT_ONCE)
        : [];
      stream.send(found);
      // A long history goes on behind the others that wait for a reader.
      if (found.length === EVENTS_AT_ONCE) this.#refresh(stream);
      else if (!stream.goesOn) this.close(stream);
    } catch (error) {
      // The next heartbeat tries again.
      const reason = error instanceof Error ? error.name : 'unknown';
      this.log.warn('a stream could not be fed', { submissionId: stream.submission.id, reason });
    }
  }
}

function keyOf({ submission }: EventStream): string {
  return `${submission.businessUnit}/${submission.id}`;
}
