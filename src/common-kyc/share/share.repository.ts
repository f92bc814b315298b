import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import type { Push } from './share-policy';

interface PushRow {
  readonly submission_id: string;
  readonly version: string;
  readonly content: Buffer;
  readonly state: Push['state'];
  readonly tries: number;
  readonly due_at: Date;
  readonly give_up_at: Date;
  readonly lease_until: Date | null;
  readonly accepted_at: Date | null;
}

/** Where a push belongs: of one lane (a phone number's keyed digest) one is under way at a time. */
export interface Lane {
  readonly businessUnit: string;
  readonly lane: Buffer;
}

const COLUMNS = 'submission_id, version, content, state, tries, due_at, give_up_at, lease_until, accepted_at';

/** Rows of `common_kyc_push`. */
@Injectable()
export class PushRepository {
  /** All pushes of a lane, nobody else's to change until the transaction ends. */
  async lock(tx: Transaction, { businessUnit, lane }: Lane): Promise<Push[]> {
    // A lock on the lane, not on its rows: a push that is being added is not there to be locked yet.
    await tx.query('SELECT pg_advisory_xact_lock($1)', [lane.readBigInt64BE().toString()]);
    const rows = await tx.query<PushRow>(
      `SELECT ${COLUMNS} FROM common_kyc_push WHERE business_unit = $1 AND lane = $2 ORDER BY version`,
      [businessUnit, lane],
    );
    return rows.map(push);
  }

  async add(tx: Transaction, { businessUnit, lane }: Lane, personId: string, added: Push): Promise<void> {
    await tx.query(
      `INSERT INTO common_kyc_push (business_unit, submission_id, person_id, lane, content, version, state, tries, due_at, give_up_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        businessUnit,
        added.submissionId,
        personId,
        lane,
        Buffer.from(added.content, 'hex'),
        added.version,
        added.state,
        added.tries,
        added.dueAt,
        added.giveUpAt,
      ],
    );
  }

  async save(tx: Transaction, businessUnit: string, changed: Push): Promise<void> {
    await tx.query(
      `UPDATE common_kyc_push SET state = $3, tries = $4, due_at = $5, give_up_at = $6, lease_until = $7, accepted_at = $8
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

function push(row: PushRow): Push {
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
