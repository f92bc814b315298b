import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AllPersonalRecords, type PersonalRecords, type RecordedPerson } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import type { Share } from './share-policy';

interface ShareRow extends Omit<Share, 'version' | 'content'> {
  readonly version: string;
  readonly content: Buffer;
}

/** The shares of one phone number. */
export interface ShareGroup {
  readonly businessUnit: string;
  /** Keyed. */
  readonly numberDigest: Buffer;
}

const OF_THE_GROUP = `
SELECT submission_id AS "submissionId", version, content, state, tries, due_at AS "dueAt", give_up_at AS "giveUpAt",
       accepted_at AS "acceptedAt"
  FROM common_kyc_share WHERE business_unit = $1 AND number_digest = $2 ORDER BY version`;

/** Rows of `common_kyc_share`: attempts and times, for people to read. What is to be done is in the jobs. */
@Injectable()
export class ShareRepository {
  async ofGroup(tx: Transaction, { businessUnit, numberDigest }: ShareGroup): Promise<Share[]> {
    const rows = await tx.query<ShareRow>(OF_THE_GROUP, [businessUnit, numberDigest]);
    return rows.map(({ version, content, ...row }) => ({
      ...row,
      version: Number(version),
      content: content.toString('hex'),
    }));
  }

  async add(
    tx: Transaction,
    { businessUnit, numberDigest }: ShareGroup,
    personId: string,
    { submissionId, content, version, state, tries, dueAt, giveUpAt }: Share,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO common_kyc_share (business_unit, submission_id, person_id, number_digest, content, version, state, tries, due_at, give_up_at)
        VALUES ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, $8, $9, $10)`,
      [businessUnit, submissionId, personId, numberDigest, content, version, state, tries, dueAt, giveUpAt],
    );
  }

  async save(tx: Transaction, businessUnit: string, changed: Share): Promise<void> {
    const { submissionId, state, tries, dueAt, giveUpAt, acceptedAt } = changed;
    await tx.query(
      `UPDATE common_kyc_share SET state = $3, tries = $4, due_at = $5, give_up_at = $6, accepted_at = $7
        WHERE business_unit = $1 AND submission_id = $2`,
      [businessUnit, submissionId, state, tries, dueAt, giveUpAt, acceptedAt],
    );
  }
}

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
