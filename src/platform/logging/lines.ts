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

const MOST_WAITING = 64;
const LINES_LEAVE_WITHIN_MS = 100;

/**
 * Makes lines in batches, scrubbed: at the latest after 100 ms, and when the process ends. A system call for each line would cost more
 * than the line; and made between two requests, it pushes what the next one needs out of the processor's caches: in batches, a request
 * with a known token costs a twentieth to a tenth less (`npm run bench -- auth`).
 */
export class BatchedLines implements Lines {
  #waiting: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #out;

  /** @param fd file descriptor, open as long as the process lives */
  constructor(fd: number) {
    // Before the destination's own last words, which then take these along.
    process.once('exit', () => this.#send());
    this.#out = pino.destination({ dest: fd, sync: false });
  }

  write(entry: Entry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= MOST_WAITING) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), LINES_LEAVE_WITHIN_MS).unref();
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
