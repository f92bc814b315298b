import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { releasedMigrations } from '../../launch/released-migrations';
import { breaks, schemaOf } from '../support/released-schema';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

/** A database as the newest release left it, in a schema of its own beside the present one. */
let database: TestDatabase;
let sql: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Client(database.url);
  await sql.connect();
  await sql.query('CREATE SCHEMA released');
  await inReleased([...releasedMigrations().values()].join('\n'));
});
afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

async function inReleased(statement: string): Promise<void> {
  await sql.query(`SET search_path = released; ${statement}; SET search_path = public`);
}

async function found(): Promise<string[]> {
  const present = await schemaOf(sql);
  await sql.query('SET search_path = released');
  const released = await schemaOf(sql);
  await sql.query('SET search_path = public');
  const own = (text: string): string => text.replaceAll('released.', '');
  const columns = new Map([...released.columns].map(([name, type]) => [name, own(type)]));
  return breaks({ ...released, columns }, present);
}

describe('A program of the newest release, on the present schema', () => {
  it('finds every function and column as it knows them, and need not give what it does not know', async () => {
    expect(await found()).toEqual([]);
  });

  it('has a code accepted and an event appended by the functions that it calls', async () => {
    const code = {
      ...{
        businessUnit: 'nanovest',
        id: randomUUID(),
        channel: 'sms',
        maskedIdentifier: '62***1',
        keyId: 'k1',
      },
      ...{ recipient: '\\x01', code: '\\x02', sealed: '\\x03', plain: true },
    };
    const accepted = await sql.query(
      `SELECT * FROM otp_accept_all($1, '{}'::bytea[], interval '5 minutes', interval '1 minute', 3, 10, 0)`,
      [JSON.stringify([code])],
    );
    expect(accepted.rows).toEqual([{ accepted: 1, others: null }]);
    const event = {
      ...{ person_id: randomUUID(), type: 'person.read', at: new Date(), source_key: 'once' },
      ...{ data: {}, vault: {}, body_digest: Buffer.alloc(32).toString('base64') },
    };
    const append = (): Promise<{ rows: unknown[] }> =>
      sql.query('SELECT ledger_append($1, $2) AS places', ['nanovest', JSON.stringify([event])]);
    expect((await append()).rows).toEqual([{ places: ['1'] }]);
    expect((await append()).rows).toEqual([{ places: ['0'] }]);
  });

  it.each([
    ['DROP FUNCTION otp_window_wait', /^the function otp_window_wait\(.*\) returns .* is gone$/],
    [
      'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
      /^the function refuse_change\(\) returns trigger does something else$/,
    ],
    ['ALTER TABLE person RENAME COLUMN noted_at TO told_at', /^the column person.noted_at is gone$/],
    ['ALTER TABLE kyc_event ALTER COLUMN seq TYPE numeric', /^the column kyc_event.seq is numeric$/],
    ['ALTER TABLE person ADD COLUMN region text NOT NULL', /^the column person.region must be given$/],
  ])('would be told of: %s', async (change, words) => {
    await sql.query(`BEGIN; ${change}`);
    expect(await found()).toEqual([expect.stringMatching(words)]);
    await sql.query('ROLLBACK');
  });
});
