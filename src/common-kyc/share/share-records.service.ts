import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AllPersonalRecords, type PersonalRecords, type RecordedPerson } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';

/** What is kept of people whose data is shared: keyed digests that group the shares of one phone number. */
@Injectable()
export class ShareRecords implements PersonalRecords, OnModuleInit {
  readonly name = 'common-kyc';

  constructor(private readonly all: AllPersonalRecords) {}

  onModuleInit(): void {
    this.all.add(this);
  }

  /** While people are restricted nothing is sent; the rows stay, to tell whether the partner has their data. */
  async forget(
    tx: Transaction,
    { businessUnit, id }: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly []> {
    if (wish === 'erased')
      await tx.query('DELETE FROM common_kyc_share WHERE business_unit = $1 AND person_id = $2', [
        businessUnit,
        id,
      ]);
    return [];
  }

  copy(tx: Transaction, { businessUnit, id }: RecordedPerson): Promise<readonly object[]> {
    return tx.query(
      `SELECT submission_id AS "submissionId", state, accepted_at AS "acceptedAt" FROM common_kyc_share
        WHERE business_unit = $1 AND person_id = $2 ORDER BY version`,
      [businessUnit, id],
    );
  }
}
