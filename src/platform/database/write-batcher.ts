import { isDatabaseAway, temporarilyUnavailable } from '../errors';
import { Trace } from '../tracing';

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly since: number;
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
  /**
   * Who waits longer is told so, a tenth later at most. What was not begun by then is not written; what hangs may be written after
   * all.
   */
  readonly waitAtMostMs?: number;
}

type Batch<Item, Result> = readonly Waiting<Item, Result>[];

/**
 * Writes items together that arrive while others are being written: alone an item goes at once, under load many share a round trip
 * and a flush to disk.
 */
export class WriteBatcher<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  readonly #writing = new Set<Batch<Item, Result>>();
  #scheduled = false;
  #watch: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;
  #expected = 0;
  #answeredAt = -Infinity;

  /** @param write results in the order of its items; all of them or, when it throws, none are written */
  constructor(
    private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly limits: Limits,
  ) {}

  /** Resolves when the item is written; rejects when it could not be, or not in time. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), resolve, reject });
      this.#watchOver();
      // Enough are there, and need not wait until all other requests of this turn of the event loop are read.
      if (this.#lingeringLeftMs() > 0 && this.#isFull()) return this.#begin();
      if (this.#scheduled) return;
      this.#scheduled = true;
      // What else arrives in this turn of the event loop comes along.
      setImmediate(() => {
        this.#scheduled = false;
        this.#begin();
      });
    });
  }

  #begin(): void {
    this.#dropLate();
    while (this.#writing.size < this.limits.atOnce && this.#waiting.length > 0 && !this.#lingers()) {
      const batch = this.#waiting.splice(0, this.limits.most);
      this.#writing.add(batch);
      void this.#writeTogether(batch).then(() => {
        this.#writing.delete(batch);
        this.#expected = Math.ceil((batch.length + this.#waiting.length) * (this.limits.linger?.share ?? 0));
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
    return this.#waiting.length >= Math.min(this.#expected, this.limits.most);
  }

  /** One timer for all who wait: one for each would cost more than waiting. */
  #watchOver(): void {
    const { waitAtMostMs } = this.limits;
    if (waitAtMostMs === undefined || this.#watch !== undefined) return;
    this.#watch = setTimeout(() => {
      this.#watch = undefined;
      this.#dropLate();
      if (this.#waiting.length > 0 || this.#writing.size > 0) this.#watchOver();
    }, waitAtMostMs / 10);
  }

  #dropLate(): void {
    const oldest = performance.now() - (this.limits.waitAtMostMs ?? Infinity);
    while (this.#waiting[0] !== undefined && this.#waiting[0].since < oldest) tooLate(this.#waiting.shift());
    for (const batch of this.#writing) for (const one of batch) if (one.since < oldest) tooLate(one);
  }

  async #writeTogether(batch: Batch<Item, Result>): Promise<void> {
    try {
      const results = await Trace.outside(() => this.write(batch.map(({ item }) => item)));
      batch.forEach(({ resolve, reject }, place) => {
        const result = results[place];
        if (result === undefined) reject(new Error('a batch has no result for one of its items'));
        else resolve(result);
      });
    } catch (error) {
      // One item that cannot be written must not take the others with it, nor make them wait for one trip each.
      if (batch.length > 1 && !isDatabaseAway(error)) await this.#writeHalves(batch);
      else for (const { reject } of batch) reject(error);
    }
  }

  async #writeHalves(batch: Batch<Item, Result>): Promise<void> {
    const middle = batch.length >> 1;
    await this.#writeTogether(batch.slice(0, middle));
    await this.#writeTogether(batch.slice(middle));
  }
}

function tooLate<Item, Result>(waiting: Waiting<Item, Result> | undefined): void {
  waiting?.reject(temporarilyUnavailable('The gateway cannot store anything right now.'));
}
