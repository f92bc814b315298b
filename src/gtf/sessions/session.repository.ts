import { Injectable } from '@nestjs/common';
import { type Person, PersonVault } from '../../kyc-ledger';
import { Database, type Transaction } from '../../platform/database';
import type { Family, GtfSession, PersonAtGtf } from './gtf-session';

interface SessionRow {
  readonly business_unit: string;
  readonly submission_id: string;
  readonly family: Family;
  readonly partner_session_id: string;
  readonly sdk_session_id: string;
  readonly partner_submission_id: string | null;
  readonly person_entry: string;
  readonly polls_from: Date | null;
  readonly polls: number;
}

/** Name of the vault entry. */
const PERSON_ENTRY = 'gtf.person';
const COLUMNS =
  'business_unit, submission_id, family, partner_session_id, sdk_session_id, partner_submission_id, person_entry, ' +
  'polls_from, polls';

/** Rows of `gtf_session`; every query names the business unit. */
@Injectable()
export class SessionRepository {
  constructor(
    private readonly database: Database,
    private readonly vault: PersonVault,
  ) {}

  /** Keeps who the person is to GTF in their vault: erased with them. */
  async keepPerson(tx: Transaction, person: Person, atGtf: PersonAtGtf): Promise<string> {
    const { id } = await this.vault.put(tx, person, PERSON_ENTRY, JSON.stringify(atGtf));
    return id;
  }

  async add(tx: Transaction, session: GtfSession): Promise<void> {
    await tx.query(
      `INSERT INTO gtf_session (${COLUMNS}, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())`,
      [
        session.businessUnit,
        session.submissionId,
        session.family,
        session.partnerSessionId,
        session.sdkSessionId,
        session.partnerSubmissionId,
        session.personEntry,
        session.pollsFrom,
        session.polls,
      ],
    );
  }

  async find(unit: string, submissionId: string): Promise<GtfSession | undefined> {
    const sql = `SELECT ${COLUMNS} FROM gtf_session WHERE business_unit = $1 AND submission_id = $2`;
    const [row] = await this.database.query<SessionRow>(sql, [unit, submissionId]);
    return row === undefined ? undefined : session(row);
  }

  /** The session a callback is about; GTF names its submission, our session, or both. */
  async findAtPartner(
    unit: string,
    partnerSubmissionId: string | null,
    partnerSessionId: string | null,
  ): Promise<GtfSession | undefined> {
    const [row] = await this.database.query<SessionRow>(
      `SELECT ${COLUMNS} FROM gtf_session
        WHERE business_unit = $1 AND (partner_submission_id = $2 OR partner_session_id = $3)
        ORDER BY partner_submission_id = $2 DESC NULLS LAST LIMIT 1`,
      [unit, partnerSubmissionId, partnerSessionId],
    );
    return row === undefined ? undefined : session(row);
  }

  /** Who the session is about; undefined once they are erased or restricted: GTF may not be asked about them any more. */
  async person({ businessUnit, personEntry }: GtfSession): Promise<PersonAtGtf | undefined> {
    const entries = await this.vault.read(businessUnit, [personEntry], this.database, 'hidden');
    const kept = entries.get(personEntry);
    return kept === undefined ? undefined : (JSON.parse(kept) as PersonAtGtf);
  }

  async rememberPartnerId(tx: Transaction, session: GtfSession, partnerSubmissionId: string): Promise<void> {
    await tx.query(
      'UPDATE gtf_session SET partner_submission_id = $3 WHERE business_unit = $1 AND submission_id = $2',
      [session.businessUnit, session.submissionId, partnerSubmissionId],
    );
  }

  /** Begins a round of polls, counted from `from`. */
  async startPolls(tx: Transaction, unit: string, submissionId: string, from: Date): Promise<void> {
    await tx.query(
      'UPDATE gtf_session SET polls_from = $3, polls = 0 WHERE business_unit = $1 AND submission_id = $2',
      [unit, submissionId, from],
    );
  }

  /** Counts one poll; false when this poll was counted already, or belongs to an earlier round. */
  async countPoll(tx: Transaction, session: GtfSession): Promise<boolean> {
    const moved = await tx.query(
      `UPDATE gtf_session SET polls = polls + 1
        WHERE business_unit = $1 AND submission_id = $2 AND polls_from = $3 AND polls = $4 RETURNING polls`,
      [session.businessUnit, session.submissionId, session.pollsFrom, session.polls],
    );
    return moved.length === 1;
  }

  /** Ends the round of polls that was counted from `from`. */
  async endPolls(tx: Transaction, { businessUnit, submissionId }: GtfSession, from: Date): Promise<void> {
    await tx.query(
      'UPDATE gtf_session SET polls_from = NULL WHERE business_unit = $1 AND submission_id = $2 AND polls_from = $3',
      [businessUnit, submissionId, from],
    );
  }
}

function session(row: SessionRow): GtfSession {
  return {
    businessUnit: row.business_unit,
    submissionId: row.submission_id,
    family: row.family,
    partnerSessionId: row.partner_session_id,
    sdkSessionId: row.sdk_session_id,
    partnerSubmissionId: row.partner_submission_id,
    personEntry: row.person_entry,
    pollsFrom: row.polls_from,
    polls: row.polls,
  };
}
