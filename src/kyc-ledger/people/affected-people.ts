import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../platform/crypto';
import { Database } from '../../platform/database';
import { READ_EVENTS } from '../submissions/submission-state';

/** Somebody whom a breach concerns, and what became of them since. */
export interface AffectedPerson {
  readonly businessUnit: string;
  readonly id: string;
  readonly status: 'active' | 'restricted' | 'erased';
}

/** People, with what they are now. `$1` and `$2` are the time. */
const among = (ids: string): string => `
  SELECT business_unit AS "businessUnit", id,
         CASE WHEN erased_at IS NOT NULL THEN 'erased' WHEN restricted_until IS NOT NULL THEN 'restricted' ELSE 'active' END AS status
    FROM person WHERE (business_unit, id) IN (${ids}) ORDER BY business_unit, id`;

/** Whose data the events of reading were about: `owner` where that is not the submission's person. */
const READ = among(
  `SELECT business_unit, coalesce((data->>'owner')::uuid, person_id) FROM kyc_event WHERE at >= $1 AND at <= $2 AND type = ANY ($3)`,
);

/** Which key wrapped whose until when; the present one for ever. */
const WRAPPED = `
  SELECT business_unit, person_id AS id, wrapped_by, until FROM person_former_key
  UNION ALL SELECT business_unit, id, key_id, 'infinity' FROM person WHERE key_id IS NOT NULL`;

/** A key wraps a person's from when they became known, or from when it took the place of another. */
const UNDER_KEY = among(`
  SELECT business_unit, id FROM (
    SELECT w.*, coalesce(lag(until) OVER (PARTITION BY business_unit, id ORDER BY until), created_at) AS since
      FROM (${WRAPPED}) w JOIN person USING (business_unit, id)) spans
   WHERE wrapped_by = $3 AND since <= $2 AND until >= $1`);

/** Whom a breach concerns, who have to be told within 3 × 24 hours (UU 27/2022 art. 46). */
@Injectable()
export class AffectedPeople {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
  ) {}

  /** Whose data was read by a back office, in clear. */
  readBetween(from: Date, to: Date): Promise<AffectedPerson[]> {
    return this.database.query(READ, [from, to, READ_EVENTS]);
  }

  /** Whose data lay under one of `DATA_ENCRYPTION_KEYS`; undefined where no such key was ever used. */
  async underKey(keyId: string, from: Date, to: Date): Promise<AffectedPerson[] | undefined> {
    const used = `SELECT FROM (${WRAPPED}) w WHERE wrapped_by = $1 LIMIT 1`;
    if (!this.keys.has(keyId) && (await this.database.query(used, [keyId])).length === 0) return undefined;
    return this.database.query(UNDER_KEY, [from, to, keyId]);
  }
}
