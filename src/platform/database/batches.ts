import { isDatabaseAway } from '../errors';

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
  /** Who has waited longer has given up: what is this old is not written any more. */
  readonly waitAtMostMs?: number;
}

/**
 * Writes items together that arrive while others are being written: alone an item goes at once, under load many share a round trip
 * and a flush to disk.
 */
export class Batches<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  #writing = 0;
  #scheduled = false;

  /** @param write results in the order of its items; all of them or, when it throws, none are written */
  constructor(
    private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly limits: Limits,
  ) {}

  /** Resolves when the item is written; rejects when it could not be, or not in time. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), resolve, reject });
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
    while (this.#writing < this.limits.atOnce && this.#waiting.length > 0) {
      this.#writing += 1;
      void this.#writeTogether(this.#waiting.splice(0, this.limits.most)).then(() => {
        this.#writing -= 1;
        this.#begin();
      });
    }
  }

  #dropLate(): void {
    const oldest = performance.now() - (this.limits.waitAtMostMs ?? Infinity);
    while (this.#waiting[0] !== undefined && this.#waiting[0].since < oldest)
      this.#waiting.shift()?.reject(new Error('waited too long to be written'));
  }

  async #writeTogether(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.write(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, place) => {
        const result = results[place];
        if (result === undefined) reject(new Error('a batch has no result for one of its items'));
        else resolve(result);
      });
    } catch (error) {
      // One item that cannot be written must not take the others with it.
      if (batch.length > 1 && !isDatabaseAway(error)) await this.#writeApart(batch);
      else for (const { reject } of batch) reject(error);
    }
  }

  async #writeApart(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    for (const one of batch) await this.#writeTogether([one]);
  }
}
