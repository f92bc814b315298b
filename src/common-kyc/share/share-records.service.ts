import { Injectable } from '@nestjs/common';
import { PersonalRecords, type RecordedPerson } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { CommonKycShare } from './common-kyc-share.entity';

/** What is kept of people whose data is shared: keyed digests that group the shares of one phone number. */
@Injectable()
export class ShareRecords extends PersonalRecords {
  /** For programs without this feature's module. */
  static readonly entities = [CommonKycShare];
  readonly name = 'common-kyc';

  /** While people are restricted nothing is sent; the rows stay, to tell whether the partner has their data. */
  async forget(
    tx: Transaction,
    { businessUnit, id }: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly []> {
    if (wish === 'erased') await tx.manager.delete(CommonKycShare, { businessUnit, personId: id });
    return [];
  }

  copy(tx: Transaction, { businessUnit, id }: RecordedPerson): Promise<readonly object[]> {
    return tx.manager.find(CommonKycShare, {
      select: { submissionId: true, state: true, acceptedAt: true },
      where: { businessUnit, personId: id },
      order: { version: 'ASC' },
    });
  }
}
