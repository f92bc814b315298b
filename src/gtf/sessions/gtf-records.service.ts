import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type FindOptionsWhere, In } from 'typeorm';
import {
  AllPersonalRecords,
  type NewEvent,
  type PersonalRecords,
  type RecordedPerson,
  type Submission,
} from '../../kyc-ledger';
import { BlindIndex } from '../../platform/crypto';
import type { Transaction } from '../../platform/database';
import { GtfDocument, GtfSession } from '../gtf.entity';
import { forgottenDigest } from '../callbacks/callback-inbox.service';
import { isSettled } from '../results/result-recorder.service';

/** Reason of a submission whose person asked to be forgotten before GTF had answered. */
const PERSON_WITHDREW = 'person_withdrew';

/**
 * What is kept of people's sessions at GTF: ids by which GTF would show their card again, and signed URLs. GTF is not asked any more
 * about people who are erased or restricted: their submissions under way end.
 */
@Injectable()
export class GtfRecords implements PersonalRecords, OnModuleInit {
  /** For programs without this feature's module. */
  static readonly entities = [GtfDocument, GtfSession];
  readonly name = 'gtf';

  constructor(
    private readonly all: AllPersonalRecords,
    private readonly index: BlindIndex,
  ) {}

  onModuleInit(): void {
    this.all.add(this);
  }

  async forget(
    tx: Transaction,
    { businessUnit, submissions }: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly NewEvent[]> {
    const sessions = submissions.filter(isGtfSession);
    const ids = sessions.map(({ id }) => id);
    if (wish === 'erased') await this.#erase(tx, businessUnit, ids);
    else await this.#restrict(tx, { businessUnit, submissionId: In(ids) });
    return sessions
      .filter(({ status }) => !isSettled(status))
      .map(({ id: submissionId }) => ({
        businessUnit,
        submissionId,
        type: 'kyc.error',
        sourceKey: `gtf:${submissionId}:withdrew`,
        data: { reasonCode: PERSON_WITHDREW },
      }));
  }

  async #restrict(tx: Transaction, theirs: FindOptionsWhere<GtfSession & GtfDocument>): Promise<void> {
    await tx.manager.update(GtfDocument, theirs, { urlKeyId: null, urlSealed: null });
    await tx.manager.update(GtfSession, theirs, { pollsFrom: null });
  }

  async #erase(tx: Transaction, unit: string, ids: readonly string[]): Promise<void> {
    await tx.query(`DELETE FROM gtf_document ${OF_THE_SESSIONS}`, [unit, ids]);
    const named = await tx.query<{ readonly id: string }>(
      `WITH gone AS (DELETE FROM gtf_session ${OF_THE_SESSIONS} RETURNING partner_session_id, partner_submission_id)
       SELECT DISTINCT id FROM gone, unnest(ARRAY[partner_session_id, partner_submission_id]) AS id WHERE id IS NOT NULL`,
      [unit, ids],
    );
    const partnerIds = named.map(({ id }) => id);
    await tx.query(
      'INSERT INTO gtf_forgotten (business_unit, digest) SELECT $1, unnest($2::bytea[]) ON CONFLICT DO NOTHING',
      [unit, partnerIds.map((id) => forgottenDigest(this.index, unit, id))],
    );
    await tx.query(
      `DELETE FROM gtf_callback WHERE business_unit = $1
          AND (submission_id = ANY ($2::uuid[]) OR partner_session_id = ANY ($3) OR partner_submission_id = ANY ($3))`,
      [unit, ids, partnerIds],
    );
  }

  copy(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly object[]> {
    return tx.query(COPY, [businessUnit, submissions.filter(isGtfSession).map(({ id }) => id)]);
  }
}

function isGtfSession({ kind }: Submission): boolean {
  return kind === 'gtf-coe' || kind === 'gtf-siv';
}

const OF_THE_SESSIONS = 'WHERE business_unit = $1 AND submission_id = ANY ($2::uuid[])';

const COPY = `
SELECT s.submission_id AS "submissionId", s.family, s.partner_session_id AS "partnerSessionId", s.sdk_session_id AS "sdkSessionId",
       s.partner_submission_id AS "partnerSubmissionId", s.created_at AS "createdAt",
       (SELECT coalesce(jsonb_agg(jsonb_build_object('type', d.type, 'bytes', d.bytes, 'uploadedAt', d.uploaded_at) ORDER BY d.type), '[]')
          FROM gtf_document d WHERE d.business_unit = s.business_unit AND d.submission_id = s.submission_id) AS documents
FROM gtf_session s WHERE s.business_unit = $1 AND s.submission_id = ANY ($2::uuid[]) ORDER BY s.created_at`;
