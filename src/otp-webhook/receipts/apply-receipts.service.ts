import { Injectable } from '@nestjs/common';
import { BlindIndex } from '../../platform/crypto';
import { isDatabaseAway } from '../../platform/errors';
import { ResultRecorder } from '../delivery/result-recorder.service';
import { OtpJournal } from '../otp-journal';
import { type Receipt, Receipts } from '../providers/receipts';
import { storedMessageId } from '../providers/registry';
import { ReceiptRepository } from './receipt.repository';

/** Applies delivery receipts. */
@Injectable()
export class ApplyReceipts extends Receipts {
  constructor(
    private readonly receipts: ReceiptRepository,
    private readonly results: ResultRecorder,
    private readonly journal: OtpJournal,
    private readonly index: BlindIndex,
  ) {
    super();
  }

  override async apply(businessUnit: string, receipts: readonly Receipt[]): Promise<void> {
    const failures: unknown[] = [];
    for (const receipt of receipts)
      try {
        const { provider, messageId: id } = receipt;
        const messageId = storedMessageId(this.index, businessUnit, provider, id);
        await this.#applyOne(businessUnit, { ...receipt, messageId });
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }

  async #applyOne(businessUnit: string, receipt: Receipt): Promise<void> {
    const attempt = await this.receipts.apply(businessUnit, receipt);
    if (attempt === null) return;
    const { channel, status, latest, age, isNews, moved } = attempt;
    if (receipt.status === 'failed') {
      if (isNews) this.journal.failedLater({ ...receipt, businessUnit, channel });
      // Only the newest attempt decides what happens next; one that is still being sent decides when it is answered. Told again, because
      // acting upon it may have gone wrong, the failure may still have to be acted upon.
      if (latest && status === 'accepted') await this.results.failedLate(attempt, receipt);
    } else if (receipt.status !== 'sent' && moved) {
      if (status !== 'delivered') this.journal.delivered(channel, age);
      this.journal.ended(channel, receipt.status);
    }
  }
}
