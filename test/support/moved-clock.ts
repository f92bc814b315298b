import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOUR_MS = 3_600_000;
/** It looks every 50 ms. */
const NOTICED_WITHIN_MS = 250;

/** The clock of a process under test, which is set while it runs; all others go on as they are. */
export class MovedClock {
  readonly #folder = mkdtempSync(join(tmpdir(), 'moved-clock-'));

  constructor(hoursAhead = 0) {
    this.#write(hoursAhead);
  }

  /** What the process needs to have this clock. */
  get environment(): { readonly NODE_OPTIONS: string; readonly CLOCK_AHEAD: string } {
    return {
      NODE_OPTIONS: `--require ${join(__dirname, 'clock-ahead.cjs')}`,
      CLOCK_AHEAD: join(this.#folder, 'ahead'),
    };
  }

  /** Resolves when the process has noticed. */
  async set(hoursAhead: number): Promise<void> {
    this.#write(hoursAhead);
    await sleep(NOTICED_WITHIN_MS);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** In one piece: it is read meanwhile. */
  #write(hoursAhead: number): void {
    const file = this.environment.CLOCK_AHEAD;
    writeFileSync(`${file}.new`, String(hoursAhead * HOUR_MS));
    renameSync(`${file}.new`, file);
  }
}
