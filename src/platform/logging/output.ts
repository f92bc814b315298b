import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Lines leave when there are so many characters of them, and after so long at the latest: a system call for each would cost more. */
const MIN_WRITE = 16_384;
const LINES_LEAVE_WITHIN_MS = 100;
/** Characters that wait for a reader or a disk that takes none; what comes on top of them is dropped. */
const MAX_KEPT = 4_000_000;
const TRY_AGAIN_MS = 20;
const LAST_WORDS_WITHIN_MS = 1_000;
const NOTHING = Buffer.alloc(0);

/**
 * Standard output, in batches; what waits leaves when the process ends. Where nobody takes the lines (the disk is full, the reader
 * stands still or is gone), they are lost and the program goes on, to its end too: pino's own destination, of sonic-boom 4.2, tries
 * for ever to write its last lines to a reader that is gone.
 * @param fd file descriptor, open as long as the process lives
 */
export function standardOutput(fd: number = process.stdout.fd): DestinationStream {
  const output = new Output(fd);
  process.once('exit', () => output.end());
  return output;
}

class Output implements DestinationStream {
  #lines = '';
  /** Handed to the system, but for what it has taken. */
  #leaving: Buffer = NOTHING;
  #isWriting = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly fd: number) {}

  write(line: string): void {
    if (this.#lines.length + line.length > MAX_KEPT) return;
    this.#lines += line;
    if (this.#lines.length >= MIN_WRITE) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), LINES_LEAVE_WITHIN_MS).unref();
  }

  end(): void {
    const until = performance.now() + LAST_WORDS_WITHIN_MS;
    let left: Buffer = Buffer.concat([this.#isWriting ? NOTHING : this.#leaving, Buffer.from(this.#lines)]);
    while (left.length > 0 && performance.now() < until)
      try {
        left = left.subarray(writeSync(this.fd, left));
      } catch (error) {
        if (!takesNoneNow(error)) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TRY_AGAIN_MS);
      }
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#leaving.length > 0) return; // these follow
    this.#leaving = Buffer.from(this.#lines);
    this.#lines = '';
    this.#push();
  }

  #push(): void {
    this.#isWriting = true;
    write(this.fd, this.#leaving, (error, taken) => {
      this.#isWriting = false;
      if (takesNoneNow(error)) return void setTimeout(() => this.#push(), TRY_AGAIN_MS).unref();
      this.#leaving = error === null ? this.#leaving.subarray(taken) : NOTHING;
      if (this.#leaving.length > 0) this.#push();
      else if (this.#lines !== '') this.#send();
    });
  }
}

function takesNoneNow(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
