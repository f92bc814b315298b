import { temporarilyUnavailable } from '../../platform/errors';

/** Bytes of all images that are held at once: sixteen of the largest, or some forty of the usual size. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;
const MAX_WAITING = 200;

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

/** Lets uploads in as long as there is room for their images; the others wait with their bytes still at the sender. */
export class ImageMemory {
  #free: number;
  readonly #waiting: Waiting[] = [];

  constructor(bytes = MAX_HELD_BYTES) {
    this.#free = bytes;
  }

  /**
   * Runs `work` once there is room for `bytes`, and holds the room until it has ended.
   * @throws GatewayError 503 when there is none within `patienceMs`, or too many wait
   */
  async hold<T>(bytes: number, patienceMs: number, work: () => Promise<T>): Promise<T> {
    await this.#enter(bytes, patienceMs);
    try {
      return await work();
    } finally {
      this.#free += bytes;
      this.#admit();
    }
  }

  #enter(bytes: number, patienceMs: number): Promise<void> {
    if (this.#waiting.length === 0 && bytes <= this.#free) {
      this.#free -= bytes;
      return Promise.resolve();
    }
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const waiting = { bytes, begin };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(busy());
        this.#admit();
      }, patienceMs);
      this.#waiting.push(waiting);
    });
  }

  /** In the order they came: a large image must not wait for ever behind small ones. */
  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.bytes <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.begin();
    }
  }
}

function busy(): Error {
  return temporarilyUnavailable('Too many images arrive at once.', 5);
}
