import { EventEmitter } from 'node:events';
import { Snapshot } from './snapshot';

const MESSAGES_KEPT = 1000;

/** What a partner received, oldest first; survives restarts when it has a file. `T` must be plain JSON data. */
export class MessageLog<T> {
  readonly #stored: Snapshot<T[]>;
  readonly #arrivals = new EventEmitter().setMaxListeners(0);

  constructor(
    snapshotFile: string | undefined,
    readonly keep = MESSAGES_KEPT,
  ) {
    this.#stored = new Snapshot<T[]>(snapshotFile, []);
  }

  add(message: T): void {
    this.#stored.value.push(message);
    if (this.#stored.value.length > this.keep) this.#stored.value.shift();
    this.changed();
  }

  /** To be called after a message was changed in place. */
  changed(): void {
    this.#stored.touch();
    this.#arrivals.emit('change');
  }

  all(): readonly T[] {
    return this.#stored.value;
  }

  /** Takes out the first message that fits. */
  remove(fits: (message: T) => boolean): T | undefined {
    const index = this.#stored.value.findIndex(fits);
    return index < 0 ? undefined : this.#stored.value.splice(index, 1)[0];
  }

  /** Forgets everything. */
  clear(): void {
    this.#stored.value.length = 0;
    this.#stored.touch();
  }

  /** The newest message that fits, now or as soon as there is one. Rejects after the time-out. */
  waitFor(fits: (message: T) => boolean, timeoutMs = 5000): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.#stored.value.findLast(fits);
        if (found === undefined) return;
        stop();
        resolve(found);
      };
      const stop = (): void => {
        clearTimeout(timer);
        this.#arrivals.off('change', look);
      };
      const timer = setTimeout(() => {
        stop();
        const count = this.#stored.value.length;
        reject(new Error(`no message that fits within ${timeoutMs} ms; ${count} others are there`));
      }, timeoutMs);
      this.#arrivals.on('change', look);
      look();
    });
  }

  flush(): Promise<void> {
    return this.#stored.flush();
  }
}
