/** Whoever waits for something else waits for so many at most. */
const MAX_IN_A_ROW = 32;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Does a piece of work for all requests that have arrived, one after the other, once all of them are taken in: cryptography and a
 * request's way through the framework push each other out of the processor's caches, and taking turns at each request costs a tenth
 * to a fifth of it (`npm run bench -- auth`, `npm run bench -- otp`).
 */
export class InARow<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];

  constructor(private readonly work: (item: Item) => Result) {}

  /** Resolves with what the work made of the item; rejects with what it threw. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#workOff());
      this.#waiting.push({ item, resolve, reject });
    });
  }

  #workOff(): void {
    const row = this.#waiting.slice(0, MAX_IN_A_ROW);
    this.#waiting = this.#waiting.slice(MAX_IN_A_ROW);
    if (this.#waiting.length > 0) setImmediate(() => this.#workOff());
    // Nobody who is answered goes on before the row is done: that is a microtask's business.
    for (const { item, resolve, reject } of row)
      try {
        resolve(this.work(item));
      } catch (error) {
        reject(error);
      }
  }
}
