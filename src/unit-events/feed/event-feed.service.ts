import { EventEmitter, once } from 'node:events';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type LedgerEvent, LedgerFeed } from '../../kyc-ledger';
import type { EventFeedQuery } from './event-feed.dto';

/** A unit's events, for a back office that asks again and again. Waiting costs the database nothing. */
@Injectable()
export class EventFeed implements OnApplicationBootstrap, OnModuleDestroy {
  /** Events of units whose chain goes on. Prefixed: an event called `error` throws when nobody listens. */
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #closing = new AbortController();
  #stopListening: (() => void) | undefined;

  constructor(private readonly ledger: LedgerFeed) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#stopListening = await this.ledger.listen((unit) => this.#news.emit(newsOf(unit)));
  }

  /** Requests that wait would keep the server from closing. */
  onModuleDestroy(): void {
    this.#stopListening?.();
    this.#closing.abort();
  }

  /** Empty when nothing happened within `wait`. @param left the caller went away */
  async after(
    unit: string,
    { after, limit, wait }: EventFeedQuery,
    left: AbortSignal,
  ): Promise<LedgerEvent[]> {
    const answered = new AbortController();
    const timeout = AbortSignal.timeout(wait * 1000);
    const over = AbortSignal.any([left, timeout, answered.signal, this.#closing.signal]);
    try {
      for (;;) {
        // Before the database is asked: news that comes meanwhile is not lost.
        const news = once(this.#news, newsOf(unit), { signal: over }).catch(() => undefined);
        const events = await this.ledger.after(unit, after, limit);
        if (events.length > 0 || wait === 0 || over.aborted) return events;
        await news;
      }
    } finally {
      answered.abort();
    }
  }
}

function newsOf(unit: string): string {
  return `news of ${unit}`;
}
