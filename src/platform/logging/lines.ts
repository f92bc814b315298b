import { type DestinationStream, type Logger, pino } from 'pino';
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

/** Makes lines of entries: JSON by pino, with the time as ISO 8601. */
class LineMaker {
  readonly #logger: Logger;
  #at = 0;
  /** Lines of the same millisecond share it. */
  #timeField = '';

  constructor(out: DestinationStream) {
    this.#logger = pino(
      {
        // Whether a level is wanted was asked before.
        level: 'debug',
        base: null,
        timestamp: () => this.#timeField,
        formatters: { level: (label: string) => ({ level: label }) },
      },
      out,
    );
  }

  make({ level, at, message, fields }: Entry): void {
    if (at !== this.#at) {
      this.#at = at;
      this.#timeField = `,"time":"${new Date(at).toISOString()}"`;
    }
    this.#logger[level](fields, message);
  }
}

/** Makes each line at once, scrubbed. */
export class PromptLines implements Lines {
  readonly #maker: LineMaker;

  constructor(destination: DestinationStream) {
    this.#maker = new LineMaker({ write: (line) => destination.write(scrub(line)) });
  }

  write(entry: Entry): void {
    this.#maker.make(entry);
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
  #batch = '';
  #timer: NodeJS.Timeout | undefined;
  readonly #maker = new LineMaker({ write: (line) => void (this.#batch += line) });
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
    for (const entry of this.#waiting) this.#maker.make(entry);
    this.#waiting = [];
    if (this.#batch !== '') this.#out.write(scrub(this.#batch));
    this.#batch = '';
  }
}
