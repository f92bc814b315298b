import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AllPersonalRecords, type PersonalRecords, type RecordedPerson } from '../kyc-ledger';
import type { Transaction } from '../platform/database';

/** Officers' validation pages: token and key open a page in their name, so they go with the officer, half an hour or not. */
@Injectable()
export class FrameRecords implements PersonalRecords, OnModuleInit {
  readonly name = 'satusehat';

  constructor(private readonly all: AllPersonalRecords) {}

  onModuleInit(): void {
    this.all.add(this);
  }

  async forget(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly []> {
    await tx.query(
      'DELETE FROM satusehat_frame WHERE business_unit = $1 AND submission_id = ANY ($2::uuid[])',
      [businessUnit, submissions.map(({ id }) => id)],
    );
    return [];
  }

  copy(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly object[]> {
    return tx.query(
      `SELECT submission_id AS "submissionId", expires_at AS "expiresAt" FROM satusehat_frame
        WHERE business_unit = $1 AND submission_id = ANY ($2::uuid[])`,
      [businessUnit, submissions.map(({ id }) => id)],
    );
  }
}
