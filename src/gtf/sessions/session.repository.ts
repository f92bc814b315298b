import { Injectable } from '@nestjs/common';
import { type Person, PersonVault } from '../../kyc-ledger';
import { Database, type Transaction } from '../../platform/database';
import type { Journey, PersonAtGtf } from './gtf-session';

export type Family = 'coe' | 'siv';

/** What we remember of one journey beside the ledger. */
export interface GtfSession {
  readonly businessUnit: string;
  readonly submissionId: string;
  readonly family: Family;
  readonly partnerSessionId: string;
  readonly sdkSessionId: string;
  readonly partnerSubmissionId: string | null;
  /** Vault entry that holds the {@link PersonAtGtf}. */
  readonly personEntry: string;
  /** Polling counts from here; null while there is nothing to ask about. */
  readonly looksFrom: Date | null;
  readonly looks: number;
}

interface SessionRow {
  readonly business_unit: string;
  readonly submission_id: string;
  readonly family: Family;
  readonly partner_session_id: string;
  readonly sdk_session_id: string;
  readonly partner_submission_id: string | null;
  readonly person_entry: string;
  readonly looks_from: Date | null;
  readonly looks: number;
}

/** Name of the vault entry. */
const PERSON_ENTRY = 'gtf.person';
const COLUMNS =
  'business_unit, submission_id, family, partner_session_id, sdk_session_id, partner_submission_id, person_entry, ' +
  'looks_from, looks';

/** Rows of `gtf_session`; every query names the business unit. */
@Injectable()
export class SessionRepository {
  constructor(
    private readonly database: Database,
    private readonly vault: PersonVault,
  ) {}

  /** Remembers who the person is to GTF, under their own key: erased with them. */
  async keepPerson(tx: Transaction, person: Person, atGtf: PersonAtGtf): Promise<string> {
    const { id } = await this.vault.put(tx, person, PERSON_ENTRY, JSON.stringify(atGtf));
    return id;
  }

  async add(tx: Transaction, session: GtfSession, createdAt: Date): Promise<void> {
    await tx.query(
      `INSERT INTO gtf_session (${COLUMNS}, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        session.businessUnit,
        session.submissionId,
        session.family,
        session.partnerSessionId,
        session.sdkSessionId,
        session.partnerSubmissionId,
        session.personEntry,
        session.looksFrom,
        session.looks,
        createdAt,
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

  /** Who the session is about; undefined once they are erased or restricted: nobody may be asked about them any more. */
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

  /** Starts a round of looks, counted from `from`. */
  async startLooks(tx: Transaction, unit: string, submissionId: string, from: Date): Promise<void> {
    await tx.query(
      'UPDATE gtf_session SET looks_from = $3, looks = 0 WHERE business_unit = $1 AND submission_id = $2',
      [unit, submissionId, from],
    );
  }

  /** Counts one look; false when this look was counted already, or belongs to an earlier round. */
  async countLook(tx: Transaction, session: GtfSession): Promise<boolean> {
    const moved = await tx.query(
      `UPDATE gtf_session SET looks = looks + 1
        WHERE business_unit = $1 AND submission_id = $2 AND looks_from = $3 AND looks = $4 RETURNING looks`,
      [session.businessUnit, session.submissionId, session.looksFrom, session.looks],
    );
    return moved.length === 1;
  }

  /** Ends the round of looks that was counted from `from`. */
  async endLooks(tx: Transaction, { businessUnit, submissionId }: GtfSession, from: Date): Promise<void> {
    await tx.query(
      'UPDATE gtf_session SET looks_from = NULL WHERE business_unit = $1 AND submission_id = $2 AND looks_from = $3',
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
    looksFrom: row.looks_from,
    looks: row.looks,
  };
}

/** What every call of the session's journey carries. */
export function journeyOf(session: GtfSession, person: PersonAtGtf): Journey {
  const { businessUnit, partnerSessionId, sdkSessionId } = session;
  return { businessUnit, userId: person.userId, partnerSessionId, sdkSessionId };
}
