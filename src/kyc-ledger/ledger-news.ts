import { Injectable } from '@nestjs/common';
import { Database, type Prepared } from '../platform/database';
import { Log } from '../platform/logging';

/** NOTIFY channel that tells stream listeners which submission has news: `unit/submission`. */
export const LEDGER_CHANNEL = 'kyc_ledger';

const GATHER_MS = 10;
/** What listeners need not hear after a crash does not wait for the disk, nor make others wait. */
const NOTIFY: Prepared = {
  name: 'ledger-news',
  text: `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload) FROM unnest($2::text[]) payload`,
};

/**
 * Tells every process which submissions have news. Best effort, after the commit: listeners look by themselves now and then.
 * Under load one statement tells of many.
 */
@Injectable()
export class LedgerNews {
  #pending = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  tell(businessUnit: string, submissionId: string): void {
    if (this.#pending.size === 0) setTimeout(() => this.#send(), GATHER_MS).unref();
    this.#pending.add(`${businessUnit}/${submissionId}`);
  }

  #send(): void {
    const payloads = [...this.#pending];
    this.#pending = new Set();
    this.database.query(NOTIFY, [LEDGER_CHANNEL, payloads]).catch((error: unknown) => {
      this.log.warn('stream listeners not told', {
        reason: error instanceof Error ? error.name : 'unknown',
      });
    });
  }
}
