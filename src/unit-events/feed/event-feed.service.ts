import { EventEmitter, once } from 'node:events';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type LedgerEvent, LedgerFeed } from '../../kyc-ledger';
import type { EventFeedQuery } from './event-feed.dto';

/** A unit's events, for a back office that asks again and again. Waiting costs the database nothing. */
@Injectable()
export class EventFeed implements OnApplicationBootstrap, OnModuleDestroy {
  /** An event named after the unit, when its chain goes on. */
  readonly #news = new EventEmitter().setMaxListeners(0);
  #closed = false;
  #stopListening: (() => void) | undefined;

  constructor(private readonly ledger: LedgerFeed) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#stopListening = await this.ledger.listen((unit) => this.#wake(unit));
  }

  /** Requests that wait would keep the server from closing. */
  onModuleDestroy(): void {
    this.#closed = true;
    this.#stopListening?.();
    this.#wake('');
  }

  /** Empty when nothing happened within `wait`. @param left the caller went away */
  async after(
    unit: string,
    { after, limit, wait }: EventFeedQuery,
    left: AbortSignal,
  ): Promise<LedgerEvent[]> {
    const answered = new AbortController();
    const over = AbortSignal.any([left, AbortSignal.timeout(wait * 1000), answered.signal]);
    try {
      for (;;) {
        // Before the database is asked: news that comes meanwhile is not lost.
        const news = once(this.#news, unit, { signal: over }).catch(() => undefined);
        const events = await this.ledger.after(unit, after, limit);
        if (events.length > 0 || this.#closed || over.aborted) return events;
        await news;
      }
    } finally {
      answered.abort();
    }
  }

  /** @param unit '' is all of them */
  #wake(unit: string): void {
    for (const waiting of unit === '' ? this.#news.eventNames() : [unit]) this.#news.emit(waiting);
  }
}
