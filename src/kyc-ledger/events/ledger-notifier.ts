import { Injectable } from '@nestjs/common';
import { Notifications } from '../../platform/database';

/** NOTIFY channel that tells stream listeners which submission has news: `unit/submission`. */
export const LEDGER_CHANNEL = 'kyc_ledger';

const GATHER_MS = 10;

/**
 * Tells every process which submissions have news. Best effort, after the commit: listeners look by themselves now and then.
 * Under load one statement tells of many.
 */
@Injectable()
export class LedgerNotifier {
  #pending = new Set<string>();

  constructor(private readonly notifications: Notifications) {}

  tell(businessUnit: string, submissionId: string): void {
    if (this.#pending.size === 0) setTimeout(() => this.#send(), GATHER_MS).unref();
    this.#pending.add(`${businessUnit}/${submissionId}`);
  }

  #send(): void {
    const payloads = [...this.#pending];
    this.#pending = new Set();
    this.notifications.notify(LEDGER_CHANNEL, payloads);
  }
}
