import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { DeliveryJournal } from '../delivery/delivery-journal';
import { DeliveryProgress } from '../delivery/delivery-progress.service';
import type { Receipt } from './receipt';
import { type ReportedAttempt, ReceiptRepository } from './receipt.repository';

/** Applies delivery receipts: repeated, reordered, foreign or unknown ones change nothing that was known better. */
@Injectable()
export class ApplyReceipt {
  constructor(
    private readonly database: Database,
    private readonly receipts: ReceiptRepository,
    private readonly progress: DeliveryProgress,
    private readonly journal: DeliveryJournal,
  ) {}

  async apply(businessUnit: string, receipt: Receipt): Promise<void> {
    const failed = await this.database.transaction(async (tx): Promise<ReportedAttempt | null> => {
      const attempt = await this.receipts.find(tx, businessUnit, receipt);
      if (attempt === null) return null;
      const isNews = await this.receipts.note(tx, attempt, receipt);
      // A failure is acted upon after this: told again, because that may have gone wrong, it may still have to be.
      if (receipt.status === 'failed') {
        if (isNews) tx.afterCommit(() => this.#failed(attempt, receipt));
        return attempt;
      }
      if (!isNews) return null;
      switch (receipt.status) {
        case 'sent':
          await this.receipts.taken(tx, attempt);
          return null;
        case 'delivered':
        case 'read': {
          const first = attempt.status !== 'delivered';
          if (await this.receipts.arrived(tx, attempt, receipt.status))
            tx.afterCommit(() => this.#arrived(attempt, receipt.status, first));
          return null;
        }
      }
    });
    // Only the newest attempt decides what happens next; one that is still being sent decides when it is answered.
    if (failed?.latest === true && failed.status === 'accepted')
      await this.progress.failedLate(failed, receipt);
  }

  #failed({ businessUnit, channel }: ReportedAttempt, { provider, outcome, errorCode }: Receipt): void {
    this.journal.failedLater({ businessUnit, channel, provider, outcome, errorCode });
  }

  #arrived(attempt: ReportedAttempt, status: string, first: boolean): void {
    if (first) this.journal.delivered(attempt.channel, attempt.age);
    this.journal.ended(attempt.channel, status);
  }
}
