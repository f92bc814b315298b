import { type DestinationStream, pino } from 'pino';
import { scrub } from './scrub';

const BATCH_CHARACTERS = 16_384;
const LINES_LEAVE_WITHIN_MS = 100;

/**
 * Log lines on their way out, scrubbed, in batches: at the latest after 100 ms, and when the process ends. A system call for each line would
 * cost more than the line; pino's destination can gather lines too, but measures all it has gathered anew at every line.
 */
export class BatchedLines implements DestinationStream {
  #batch = '';
  #timer: NodeJS.Timeout | undefined;
  readonly #out;

  /** @param fd file descriptor, open as long as the process lives */
  constructor(fd: number) {
    // Before the destination's own last words, which then take these along.
    process.once('exit', () => this.#send());
    this.#out = pino.destination({ dest: fd, sync: false });
  }

  write(line: string): void {
    this.#batch += line;
    if (this.#batch.length >= BATCH_CHARACTERS) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), LINES_LEAVE_WITHIN_MS).unref();
  }

  /** Called by pino after a fatal line. */
  flushSync(): void {
    this.#send();
    this.#out.flushSync();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch !== '') this.#out.write(scrub(this.#batch));
    this.#batch = '';
  }
}
