import { Client } from 'pg';
import { Database, type Prepared, type Transaction } from '../../platform/database';
import { OtpRetention } from './otp-retention.service';
import { eventually } from '../../../test/support/eventually';
import { newCode, newPhone, OtpDesk } from '../../../test/support/otp-desk';
import { backOffice } from '../../../test/support/test-gateway';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

const DELIVERIES = 30_000;
const CODES = 60;
/** So many that each connection has made up its mind: PostgreSQL plans a statement anew for its first five times. */
const CODES_BEFORE = 360;
const LARGE = ['otp_delivery', 'otp_attempt', 'otp_recipient', 'otp_idempotency_key'];
const ABOUT_THEM = /\botp_(delivery|attempt|recipient|idempotency_key|accept_all)\b/;
/** Index entries that may be read in all: what is asked once a second may read a whole unit's, what is asked for each code may not. */
const MAX_READ = (DELIVERIES * CODES) / 2;

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

let gateway: InProcessGateway;
let desk: OtpDesk;
let sql: Client;
/** What the program asked PostgreSQL, by text. */
const heard = new Map<string, Statement>();

beforeAll(async () => {
  gateway = await startInProcessGateway({
    environment: { BU_NANOVEST_OTP_LIMIT_PER_HOUR: '100000', MAX_CONNECTIONS_PER_ADDRESS: '0' },
  });
  desk = new OtpDesk(gateway);
  sql = new Client(gateway.database.url);
  await sql.connect();
  for (const table of LARGE) await sql.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
  const database = gateway.app.get(Database);
  hearAll(database);
  const transaction = database.transaction.bind(database);
  jest.spyOn(database, 'transaction').mockImplementation((work) =>
    transaction((tx) => {
      hearAll(tx);
      return work(tx);
    }),
  );
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

/** Notes what is asked of the database, or within a transaction. */
function hearAll(asked: Database | Transaction): void {
  const query = asked.query.bind(asked);
  jest.spyOn(asked, 'query').mockImplementation((statement: string | Prepared, values = []) => {
    const text = typeof statement === 'string' ? statement : statement.text;
    if (ABOUT_THEM.test(text)) heard.set(text, { text, values });
    return query(statement, values);
  });
}

/** Codes for many people at once; two thirds of them ask again, for the same code or for a newer one. */
async function codes(count: number): Promise<void> {
  const ids = await Promise.all(
    Array.from({ length: count / 3 }, async () => {
      const first = { identifier: newPhone(), otp: newCode() };
      const id = await desk.send(first);
      await desk.send(first);
      return [id, await desk.send({ ...first, otp: newCode() })];
    }),
  );
  await Promise.all(
    ids.flat().map((id) =>
      eventually(
        () => desk.see(id),
        ({ status }) => !['queued', 'sending'].includes(status),
      ),
    ),
  );
}

/** Deliveries of the last days, each taken by its provider; PostgreSQL is not told how many there are now. */
async function fill(): Promise<void> {
  const at = `now() - n * interval '10 seconds'`;
  const digest = (of: string): string => `sha256(('${of}' || n)::bytea)`;
  const many = `generate_series(1, ${DELIVERIES}) n`;
  await sql.query(
    `INSERT INTO otp_recipient SELECT 'nanovest', ${digest('r')}, ${digest('c')}, ARRAY[${at}], now() FROM ${many}`,
  );
  await sql.query(
    `INSERT INTO otp_delivery (business_unit, id, channel, via, masked_identifier, recipient, code, status,
                               claims, created_at, updated_at, expires_at, due_at)
     SELECT 'nanovest', gen_random_uuid(), 'sms', 'sms', '+6281***000', ${digest('r')}, ${digest('c')}, 'accepted',
            1, ${at}, ${at}, ${at}, ${at} FROM ${many}`,
  );
  await sql.query(
    `INSERT INTO otp_attempt SELECT business_unit, id, 1, via, 'twilio', 'accepted', NULL, 'SM' || id, NULL, false, created_at, 9
       FROM otp_delivery ON CONFLICT DO NOTHING`,
  );
  await sql.query(
    `INSERT INTO otp_idempotency_key SELECT 'nanovest', ${digest('k')}, ${digest('q')}, gen_random_uuid(), now() FROM ${many}`,
  );
}

interface Reading {
  readonly attempts: number;
  readonly entriesRead: number;
}

/** What the program's connections have reported of themselves. */
async function reading(): Promise<Reading> {
  const { rows } = await sql.query<Reading>(
    `SELECT (SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'otp_attempt')::integer AS attempts,
            sum(idx_tup_read)::integer AS "entriesRead" FROM pg_stat_user_indexes
     WHERE relname = ANY ($1)`,
    [LARGE],
  );
  return rows[0] ?? { attempts: Number.NaN, entriesRead: Number.NaN };
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

function nodes(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodes)];
}

/** Large tables that the statement would read from end to end. */
async function readWhole({ text, values }: Statement): Promise<string[]> {
  const { rows } = await sql.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${text}`, [
    ...values,
  ]);
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return (plan === undefined ? [] : nodes(plan))
    .filter((node) => node['Node Type'] === 'Seq Scan')
    .map((node) => node['Relation Name'] ?? '')
    .filter((table) => LARGE.includes(table));
}

async function scans(statements: Iterable<Statement>): Promise<Record<string, string[]>> {
  const scanning: Record<string, string[]> = {};
  for (const statement of statements) {
    const tables = await readWhole(statement);
    if (tables.length > 0) scanning[statement.text] = tables;
  }
  return scanning;
}

/** What codes pass through, as against what is asked once a second or by people. */
function onTheWay(): Statement[] {
  return [...heard.values()].filter(({ text }) =>
    /otp_accept_all|FOR UPDATE OF d SKIP LOCKED|jsonb_to_record/.test(text),
  );
}

describe(`After ${DELIVERIES} deliveries within a minute, of which PostgreSQL has no statistics yet`, () => {
  let before: Reading;

  beforeAll(async () => {
    // Connections keep what they have planned for empty tables.
    await codes(CODES_BEFORE);
    const { attempts } = await reading();
    await fill();
    before = await eventually(reading, (now) => now.attempts >= attempts + DELIVERIES, 20_000);
  }, 60_000);

  it('no code is paid for by reading the whole unit’s deliveries', async () => {
    await codes(CODES);
    const after = await eventually(
      reading,
      ({ attempts }) => attempts >= before.attempts + CODES / 3,
      20_000,
    );
    expect(after.attempts).toBeGreaterThanOrEqual(before.attempts + CODES / 3);
    expect(after.entriesRead - before.entriesRead).toBeLessThan(MAX_READ);
  }, 60_000);

  it('no step of a code’s way reads a large table from end to end', async () => {
    expect(onTheWay()).toHaveLength(3);
    expect(await scans(onTheWay())).toEqual({});
  });
});

describe(`Among ${DELIVERIES} deliveries`, () => {
  beforeAll(async () => {
    await sql.query('ANALYZE');
    const id = await desk.send({ channel: 'whatsapp' });
    await desk.when(id, 'read');
    for (const query of ['', '?status=failed', '?channel=sms&limit=2', `?identifier=${newPhone()}`])
      await gateway.http
        .get(`/v1/otp-deliveries${query}`)
        .set('authorization', backOffice('nanovest'))
        .expect(200);
    await gateway.app.get(OtpRetention).run();
    await eventually(
      () => Promise.resolve([...heard.keys()].join(' ')),
      (texts) => texts.includes('AS waiting'),
    );
  }, 60_000);

  it('no statement of the program reads a large table from end to end', async () => {
    expect(heard.size).toBeGreaterThan(12);
    expect(await scans(heard.values())).toEqual({});
  });

  it('a scan would be noticed', async () => {
    const statement = { text: 'SELECT FROM otp_attempt WHERE error_code = $1', values: ['x'] };
    expect(await readWhole(statement)).toEqual(['otp_attempt']);
  });
});
