import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AllPersonalRecords, type PersonalRecords, type RecordedPerson } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';

/** What is kept of people whose data goes to Common KYC: keyed digests, by which pushes of one number find each other. */
@Injectable()
export class PushRecords implements PersonalRecords, OnModuleInit {
  readonly name = 'common-kyc';

  constructor(private readonly all: AllPersonalRecords) {}

  onModuleInit(): void {
    this.all.add(this);
  }

  /** While people are restricted nothing is sent, but whether the partner has their data must still be told. */
  async forget(
    tx: Transaction,
    { businessUnit, id }: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly []> {
    if (wish === 'erased')
      await tx.query('DELETE FROM common_kyc_push WHERE business_unit = $1 AND person_id = $2', [
        businessUnit,
        id,
      ]);
    return [];
  }

  copy(tx: Transaction, { businessUnit, id }: RecordedPerson): Promise<readonly object[]> {
    return tx.query(
      `SELECT submission_id AS "submissionId", state, accepted_at AS "acceptedAt" FROM common_kyc_push
        WHERE business_unit = $1 AND person_id = $2 ORDER BY version`,
      [businessUnit, id],
    );
  }
}
