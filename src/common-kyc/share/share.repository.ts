import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import type { Share } from './share-policy';

interface ShareRow {
  readonly submission_id: string;
  readonly version: string;
  readonly content: Buffer;
  readonly state: Share['state'];
  readonly tries: number;
  readonly due_at: Date;
  readonly give_up_at: Date;
  readonly lease_until: Date | null;
  readonly accepted_at: Date | null;
}

/** The shares of one phone number: one of them is under way at a time. */
export interface ShareGroup {
  readonly businessUnit: string;
  /** Keyed. */
  readonly numberDigest: Buffer;
}

const COLUMNS = 'submission_id, version, content, state, tries, due_at, give_up_at, lease_until, accepted_at';

/** Rows of `common_kyc_share`. */
@Injectable()
export class ShareRepository {
  /** All shares of a group. No other transaction changes them until this one ends. */
  async lock(tx: Transaction, { businessUnit, numberDigest }: ShareGroup): Promise<Share[]> {
    // The lock is on the group and not on its rows: a share that is being added has no row to lock yet.
    await tx.query('SELECT pg_advisory_xact_lock($1)', [numberDigest.readBigInt64BE().toString()]);
    const rows = await tx.query<ShareRow>(
      `SELECT ${COLUMNS} FROM common_kyc_share WHERE business_unit = $1 AND number_digest = $2 ORDER BY version`,
      [businessUnit, numberDigest],
    );
    return rows.map(share);
  }

  async add(
    tx: Transaction,
    { businessUnit, numberDigest }: ShareGroup,
    personId: string,
    added: Share,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO common_kyc_share (business_unit, submission_id, person_id, number_digest, content, version, state, tries, due_at, give_up_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        businessUnit,
        added.submissionId,
        personId,
        numberDigest,
        Buffer.from(added.content, 'hex'),
        added.version,
        added.state,
        added.tries,
        added.dueAt,
        added.giveUpAt,
      ],
    );
  }

  async save(tx: Transaction, businessUnit: string, changed: Share): Promise<void> {
    await tx.query(
      `UPDATE common_kyc_share SET state = $3, tries = $4, due_at = $5, give_up_at = $6, lease_until = $7, accepted_at = $8
        WHERE business_unit = $1 AND submission_id = $2`,
      [
        businessUnit,
        changed.submissionId,
        changed.state,
        changed.tries,
        changed.dueAt,
        changed.giveUpAt,
        changed.leaseUntil,
        changed.acceptedAt,
      ],
    );
  }
}

function share(row: ShareRow): Share {
  return {
    submissionId: row.submission_id,
    version: Number(row.version),
    content: row.content.toString('hex'),
    state: row.state,
    tries: row.tries,
    dueAt: row.due_at,
    giveUpAt: row.give_up_at,
    leaseUntil: row.lease_until,
    acceptedAt: row.accepted_at,
  };
}
