import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type LedgerEvent, LedgerFeed } from '../../kyc-ledger';

/** What is wanted of the feed. */
interface Wanted {
  readonly after: number;
  readonly limit: number;
  /** Seconds. */
  readonly wait: number;
}

/** A unit's events, for a back office that asks again and again. Waiting costs the database nothing. */
@Injectable()
export class EventFeed implements OnApplicationBootstrap, OnModuleDestroy {
  /** Who waits for the next event of a unit. */
  readonly #waiting = new Map<string, Set<() => void>>();
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
  async after(unit: string, { after, limit, wait }: Wanted, left: AbortSignal): Promise<LedgerEvent[]> {
    const until = performance.now() + wait * 1000;
    for (;;) {
      // Before the database is asked: news that comes meanwhile is not lost.
      const news = this.#news(unit, until - performance.now(), left);
      const events = await this.ledger.after(unit, after, limit);
      if (events.length > 0 || this.#closed || left.aborted || performance.now() >= until) {
        news.cancel();
        return events;
      }
      await news.came;
    }
  }

  /** The next news of the unit, or the end of the time, or the caller's going away. */
  #news(unit: string, ms: number, left: AbortSignal): { readonly came: Promise<void>; cancel(): void } {
    const { promise: came, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const waiting = this.#waiting.get(unit) ?? new Set();
    this.#waiting.set(unit, waiting.add(wake));
    const timer = setTimeout(wake, Math.max(0, ms));
    left.addEventListener('abort', wake);
    const cancel = (): void => {
      clearTimeout(timer);
      left.removeEventListener('abort', wake);
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(unit) === waiting) this.#waiting.delete(unit);
    };
    return { came: came.finally(cancel), cancel };
  }

  /** @param unit '' is all of them */
  #wake(unit: string): void {
    const sets = unit === '' ? [...this.#waiting.values()] : [this.#waiting.get(unit) ?? []];
    for (const wake of sets.flatMap((set) => [...set])) wake();
  }
}
