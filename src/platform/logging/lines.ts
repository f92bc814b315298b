import { type DestinationStream, pino } from 'pino';
import { scrub } from './scrub';

/** Fields of a log line: ids, codes, counts and durations, never personal data. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What a log line is made of. */
export interface Entry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly message: string;
  readonly fields: Fields;
}

/** Where entries become lines. */
export interface Lines {
  write(entry: Entry): void;
}

/** JSON; fields that are undefined are left out. As pino would write it, which takes half as long again for so flat an object. */
function lineOf({ level, at, message, fields }: Entry): string {
  return `${JSON.stringify({ level, time: new Date(at).toISOString(), ...fields, msg: message })}\n`;
}

/** Makes each line at once, scrubbed. */
export class PromptLines implements Lines {
  constructor(private readonly destination: DestinationStream) {}

  write(entry: Entry): void {
    this.destination.write(scrub(lineOf(entry)));
  }
}

const MAX_WAITING = 64;
const LINES_LEAVE_WITHIN_MS = 100;
/** Characters that wait for a reader or a disk that takes none; what comes on top of them is dropped. */
const MAX_KEPT = 4_000_000;
const LAST_WORDS_WITHIN_MS = 1_000;

/**
 * Where nobody takes the lines (the disk is full, the reader stands still or is gone), they are lost and the program goes on.
 * Makes lines in batches, scrubbed: at the latest after 100 ms, and when the process ends. A system call for each line would cost more
 * than the line; and made between two requests, it pushes what the next one needs out of the processor's caches: in batches, a request
 * with a known token costs a twentieth to a tenth less (`npm run bench -- auth`).
 */
export class BatchedLines implements Lines {
  #waiting: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #out;
  #givesUpAt = Infinity;
  #fails = false;

  /** @param fd file descriptor, open as long as the process lives */
  constructor(fd: number) {
    // Before the destination's own last words, which know no limit and no failure.
    process.once('exit', () => this.#end());
    this.#out = pino.destination({
      dest: fd,
      sync: false,
      maxLength: MAX_KEPT,
      retryEAGAIN: () => performance.now() < this.#givesUpAt,
    });
    this.#out.on('error', () => (this.#fails = true));
    this.#out.on('write', () => (this.#fails = false));
  }

  write(entry: Entry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= MAX_WAITING) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), LINES_LEAVE_WITHIN_MS).unref();
  }

  #end(): void {
    this.#givesUpAt = performance.now() + LAST_WORDS_WITHIN_MS;
    try {
      if (!this.#fails) this.#send();
      if (!this.#fails) this.#out.flushSync();
    } catch {
      this.#fails = true;
    }
    if (this.#fails) this.#out.destroy(); // it would try for ever
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting.map(lineOf).join('');
    this.#waiting = [];
    this.#out.write(scrub(lines));
  }
}
