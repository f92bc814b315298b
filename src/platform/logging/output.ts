import { type DestinationStream, pino } from 'pino';

/** Lines leave when there are so many bytes of them, and after so long at the latest: a system call for each would cost more than the line. */
const MIN_WRITE_BYTES = 16_000;
const LINES_LEAVE_WITHIN_MS = 100;
/** Bytes that wait for a reader or a disk that takes none; what comes on top of them is dropped. */
const MAX_KEPT = 4_000_000;
const LAST_WORDS_WITHIN_MS = 1_000;

/**
 * Standard output, in batches; what waits leaves when the process ends. Where nobody takes the lines (the disk is full, the reader
 * stands still or is gone), they are lost and the program goes on.
 * @param fd file descriptor, open as long as the process lives
 */
export function standardOutput(fd: number = process.stdout.fd): DestinationStream {
  let givesUpAt = Infinity;
  let fails = false;
  // Before pino's own listener, which knows no limit and no failure.
  process.once('exit', () => {
    givesUpAt = performance.now() + LAST_WORDS_WITHIN_MS;
    try {
      if (!fails) output.flushSync();
    } catch {
      fails = true;
    }
    if (fails) output.destroy(); // it would try for ever
  });
  const output = pino.destination({
    dest: fd,
    sync: false,
    minLength: MIN_WRITE_BYTES,
    periodicFlush: LINES_LEAVE_WITHIN_MS,
    maxLength: MAX_KEPT,
    contentMode: 'buffer', // as text, what has gathered would be measured again at each line
    retryEAGAIN: () => performance.now() < givesUpAt,
  });
  output.on('error', () => (fails = true));
  output.on('write', () => (fails = false));
  // Its types know text alone.
  return { write: (line) => output.write(Buffer.from(line) as unknown as string) };
}
