import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const DEBOUNCE_MS = 50;

/**
 * A partner's memory: plain JSON data that its owner changes in place and then `touch`es.
 * Without a file it lives in memory only. `T` must survive JSON (no Date, Map or undefined that matters).
 */
export class Snapshot<T> {
  readonly value: T;
  readonly #file: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string | undefined, initial: T) {
    this.#file = file;
    this.value = file === undefined ? initial : read(file, initial);
  }

  /** Writes soon; many touches in a row become one write. */
  touch(): void {
    if (this.#file === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), DEBOUNCE_MS);
  }

  /** Resolves when everything changed so far is in the file. Rejects never: a lab without its disk keeps playing. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const file = this.#file;
    if (file === undefined) return;
    this.#writing = this.#writing
      .then(() => write(file, this.value))
      .catch((error: unknown) => {
        console.error(
          `lab: could not keep ${file}: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
    await this.#writing;
  }
}

function read<T>(file: string, initial: T): T {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return initial;
  }
}

/** Rename is atomic: a killed lab leaves the old snapshot or the new one, never half of one. */
async function write(file: string, value: unknown): Promise<void> {
  const next = `${file}.next`;
  await writeFile(next, JSON.stringify(value), { mode: 0o600 });
  await rename(next, file);
}
