import { isDatabaseAway, temporarilyUnavailable } from '../errors';
import { Trace } from '../tracing';

interface Waiting<Item, Result> {
  readonly item: Item;
  /** On the clock of `performance.now()`. */
  readonly latest: number;
  readonly tooLate: () => void;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Limits {
  /** Items written together. */
  readonly most: number;
  /** Batches under way at once; each takes a database connection. */
  readonly atOnce: number;
  /**
   * Callers that were just answered often send the next item at once. After a batch the next one waits at most `ms`, for `share` of as
   * many items as the last one had and left waiting: the fixed cost of a batch is spread over more of them.
   */
  readonly linger?: { readonly ms: number; readonly share: number };
  /** Who waits longer is told so. What was not begun by then is not written; what hangs may be written after all. */
  readonly waitAtMostMs?: number;
}

/**
 * Writes items together that arrive while others are being written: alone an item goes at once, under load many share a round trip
 * and a flush to disk.
 */
export class WriteBatcher<Item, Result> {
  readonly #waiting = new Set<Waiting<Item, Result>>();
  #writing = 0;
  #scheduled = false;
  #lingering: NodeJS.Timeout | undefined;
  #expected = 0;
  #answeredAt = -Infinity;

  /** @param write results in the order of its items; all of them or, when it throws, none are written */
  constructor(
    private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly limits: Limits,
  ) {}

  /** Resolves when the item is written; rejects when it could not be, or not in time. */
  async add(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const { waitAtMostMs } = this.limits;
    const tooLate = (): void => {
      this.#waiting.delete(waiting);
      reject(temporarilyUnavailable('The gateway cannot store anything right now.'));
    };
    const latest = performance.now() + (waitAtMostMs ?? Infinity);
    const waiting = { item, latest, tooLate, resolve, reject };
    const timer = waitAtMostMs === undefined ? undefined : setTimeout(tooLate, waitAtMostMs);
    this.#waiting.add(waiting);
    // Enough are there, and need not wait until all other requests of this turn of the event loop are read.
    if (this.#lingeringLeftMs() > 0 && this.#isFull()) this.#begin();
    else this.#beginAfterTurn();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What else arrives in this turn of the event loop comes along. */
  #beginAfterTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#begin();
    });
  }

  #begin(): void {
    // Where the event loop stalled, the timers of those who waited too long have not fired yet.
    for (const { latest, tooLate } of this.#waiting) {
      if (latest > performance.now()) break;
      tooLate();
    }
    while (this.#writing < this.limits.atOnce && this.#waiting.size > 0 && !this.#lingers()) {
      const batch = [...this.#waiting].slice(0, this.limits.most);
      for (const one of batch) this.#waiting.delete(one);
      this.#writing += 1;
      void this.#writeTogether(batch).then(() => {
        this.#writing -= 1;
        this.#expected = Math.ceil((batch.length + this.#waiting.size) * (this.limits.linger?.share ?? 0));
        this.#answeredAt = performance.now();
        this.#begin();
      });
    }
  }

  #lingers(): boolean {
    const left = this.#lingeringLeftMs();
    if (left <= 0 || this.#isFull()) return false;
    if (this.#lingering !== undefined) return true;
    this.#lingering = setTimeout(() => {
      this.#lingering = undefined;
      this.#begin();
    }, left);
    return true;
  }

  #lingeringLeftMs(): number {
    return this.#answeredAt + (this.limits.linger?.ms ?? 0) - performance.now();
  }

  #isFull(): boolean {
    return this.#waiting.size >= Math.min(this.#expected, this.limits.most);
  }

  async #writeTogether(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await Trace.outside(() => this.write(batch.map(({ item }) => item)));
      batch.forEach(({ resolve, reject }, place) => {
        const result = results[place];
        if (result === undefined) reject(new Error('a batch has no result for one of its items'));
        else resolve(result);
      });
    } catch (error) {
      if (batch.length === 1 || isDatabaseAway(error)) return batch.forEach(({ reject }) => reject(error));
      // One item that cannot be written must not take the others with it, nor make them wait for one trip each.
      const middle = batch.length >> 1;
      await this.#writeTogether(batch.slice(0, middle));
      await this.#writeTogether(batch.slice(middle));
    }
  }
}
