import type { Client } from 'pg';

/** Submissions written at a time; each is a statement per table. */
const AT_ONCE = 100_000;

/**
 * Fills the tables with people, entries, events and submissions of the unit, through the real tables and indexes. New submissions
 * are copies of those that the ledger opened, so that every page has something to decrypt; everything else is there to be large.
 */
export async function addSubmissions(sql: Client, unit: string, count: number): Promise<void> {
  await sql.query('SET synchronous_commit = off');
  for (let done = 0; done < count; done += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - done);
    await sql.query(
      `CREATE TEMP TABLE fill AS
         SELECT gen_random_uuid() AS id, gen_random_uuid() AS person, gen_random_uuid() AS entry, n, model.*
           FROM generate_series($2::bigint, $2::bigint + $3 - 1) n
           JOIN (SELECT s.id AS model_id, s.person_id, s.phone_entry, row_number() OVER () - 1 AS place, count(*) OVER () AS models
                   FROM kyc_submission s WHERE business_unit = $1 ORDER BY created_at LIMIT 1000) model ON model.place = n % models`,
      [unit, done, size],
    );
    for (const statement of STATEMENTS) await sql.query(statement, [unit]);
    await sql.query('DROP TABLE fill');
  }
  await sql.query('ANALYZE');
}

/** Spread over two years, so that new and old ones stand among each other. */
const AT = `now() - interval '1 minute' * (n % 1000000)`;

const STATEMENTS = [
  `INSERT INTO person (business_unit, id, key_id, wrapped_key, created_at)
     SELECT $1, person, (SELECT key_id FROM person WHERE business_unit = $1 LIMIT 1), decode(repeat('00', 61), 'hex'), ${AT} FROM fill`,
  `INSERT INTO person_index (business_unit, kind, digest, person_id)
     SELECT $1, 'phone', sha256(person::text::bytea), person FROM fill`,
  `INSERT INTO vault_entry (business_unit, id, person_id, name, sealed, created_at)
     SELECT $1, entry, person, 'phone', decode(repeat('00', 58), 'hex'), ${AT} FROM fill`,
  `INSERT INTO kyc_event (business_unit, seq, submission_id, person_id, type, at, source_key, data, vault, body_digest, previous_hash, hash)
     SELECT $1, 1000000000 + n, id, person, 'kyc.opened', ${AT}, 'bench:' || id, '{"kind":"gtf-coe","openedBy":"user"}', '[]',
            sha256('a'), sha256('b'), sha256('c') FROM fill`,
  `INSERT INTO kyc_submission (business_unit, id, person_id, kind, opened_by, status, phone_entry, created_at, updated_at, last_seq)
     SELECT $1, id, person_id, (ARRAY['gtf-coe', 'gtf-siv', 'satusehat', 'common-kyc'])[1 + n % 4], 'user',
            (ARRAY['open', 'processing', 'verified', 'approved', 'shared'])[1 + n % 5], phone_entry, ${AT}, ${AT}, 1000000000 + n FROM fill`,
  `INSERT INTO common_kyc_share (business_unit, submission_id, person_id, number_digest, content, version, state, tries, due_at, give_up_at)
     SELECT $1, id, person, sha256(person::text::bytea), sha256(id::text::bytea), n, 'accepted', 1, ${AT}, ${AT} FROM fill WHERE n % 10 = 0`,
];
