import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { isDatabaseAway } from '../../platform/errors';
import { DeliveryJournal } from '../delivery/delivery-journal';
import { ResultRecorder } from '../delivery/result-recorder.service';
import { type Receipt, Receipts } from '../providers/receipt';
import { type ReportedAttempt, ReceiptRepository } from './receipt.repository';

/** Applies delivery receipts. */
@Injectable()
export class ApplyReceipts extends Receipts {
  constructor(
    private readonly database: Database,
    private readonly receipts: ReceiptRepository,
    private readonly results: ResultRecorder,
    private readonly journal: DeliveryJournal,
  ) {
    super();
  }

  override async apply(businessUnit: string, receipts: readonly Receipt[]): Promise<void> {
    const failures: unknown[] = [];
    for (const receipt of receipts)
      try {
        await this.#applyOne(businessUnit, receipt);
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }

  async #applyOne(businessUnit: string, receipt: Receipt): Promise<void> {
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
      await this.results.failedLate(failed, receipt);
  }

  #failed({ businessUnit, channel }: ReportedAttempt, { provider, outcome, errorCode }: Receipt): void {
    this.journal.failedLater({ businessUnit, channel, provider, outcome, errorCode });
  }

  #arrived(attempt: ReportedAttempt, status: string, first: boolean): void {
    if (first) this.journal.delivered(attempt.channel, attempt.age);
    this.journal.ended(attempt.channel, status);
  }
}
