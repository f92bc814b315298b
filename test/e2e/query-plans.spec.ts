import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { GtfPerson } from '../support/gtf-person';
import { addSubmissions } from '../support/many-submissions';
import { customer, KTP, openedBy, tokenOf, verified } from '../support/submission-story';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, ownSettings, startTestGateway, type TestGateway } from '../support/test-gateway';

const UNIT = 'nanovest';
const SUBMISSIONS = 30_000;
const LARGE = [
  ...['kyc_event', 'kyc_submission', 'kyc_submission_opening', 'vault_entry'],
  ...['person', 'person_index', 'common_kyc_share'],
];
/** Chains are signed, and what is due is destroyed, every second here. */
const LEDGER_TASKS_MS = 3_000;

/** How often a table's indexes were asked, and how many of its rows were read by reading it from its beginning. */
interface Reading {
  readonly asked: number;
  readonly scanned: number;
}

let database: TestDatabase;
let gateway: TestGateway;
let before: Record<string, Reading>;
let after: Record<string, Reading>;

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = { ...ownSettings(), LEDGER_CHECKPOINT_SECONDS: '1' };
  const earlier = await startTestGateway({ database, environment });
  for (let index = 0; index < 20; index += 1) await verified(earlier, customer());
  // What it would read while the tables are filled would count as read later.
  await earlier.close();
  await onOneConnection((sql) => addSubmissions(sql, UNIT, SUBMISSIONS));
  before = await readings();
  gateway = await startTestGateway({ database, environment });
  await everything();
  await gateway.close();
  after = await readings();
}, 120_000);
afterAll(() => database?.drop());

async function onOneConnection<T>(work: (sql: Client) => Promise<T>): Promise<T> {
  const sql = new Client(database.url);
  await sql.connect();
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** What the connections that were closed by now have reported. */
async function readings(): Promise<Record<string, Reading>> {
  await sleep(500);
  const { rows } = await onOneConnection((sql) =>
    sql.query<Reading & { name: string }>(
      `SELECT relname AS name, coalesce(idx_scan, 0)::integer AS asked, seq_tup_read::integer AS scanned
         FROM pg_stat_user_tables WHERE relname = ANY ($1)`,
      [LARGE],
    ),
  );
  return Object.fromEntries(rows.map(({ name, ...reading }) => [name, reading]));
}

/** Large tables of which so much was read between two moments that somebody read one from end to end. */
function readWhole(from: Record<string, Reading>, to: Record<string, Reading>): string[] {
  return LARGE.filter((name) => (to[name]?.scanned ?? 0) - (from[name]?.scanned ?? 0) >= SUBMISSIONS);
}

/** What people, back office and the program itself do with submissions and people. */
async function everything(): Promise<void> {
  const me = customer();
  const [mine, open] = [await verified(gateway, me), await openedBy(gateway, me, 'satusehat')];
  const token = `Bearer ${tokenOf(gateway, me)}`;
  const office = backOffice(UNIT);
  const from = new Date(Date.now() - 86_400_000).toISOString();
  const filters = [
    'kind=gtf-coe',
    'status=open',
    `phoneNumber=${me.phoneNumber}`,
    `createdFrom=${from}`,
    `createdTo=${from}`,
    `updatedFrom=${from}`,
  ];
  for (const authorization of [token, office])
    for (const query of ['', ...filters, filters.slice(0, 2).join('&'), filters.join('&')]) {
      const first = await get(`/v1/submissions?limit=5&${query}`, authorization);
      const { nextCursor } = first.body as { nextCursor: string | null };
      if (nextCursor !== null)
        await get(`/v1/submissions?limit=5&${query}&cursor=${encodeURIComponent(nextCursor)}`, authorization);
    }
  await get(`/v1/submissions?limit=5&updatedFrom=${new Date().toISOString()}`, office);
  for (const path of ['', '/events', '/events?limit=1'])
    await get(`/v1/submissions/${mine.id}${path}`, token);
  await get(`/v1/submissions/${mine.id}/identity?purpose=audit`, office);
  for (const search of [{ phoneNumber: me.phoneNumber }, { subject: me.subject }, { nik: KTP.nik }])
    await post('/v1/people/search', office, search);
  await post('/v1/submissions/search', office, { nik: KTP.nik });
  for (const path of ['/v1/submissions/summary', '/v1/ledger']) await get(path, office);
  await get(`/v1/people/${me.phoneNumber}?purpose=audit`, office);
  const ekyc = new GtfPerson(gateway, UNIT, customer().phoneNumber);
  await ekyc.becomes(await ekyc.submit(), 'verified');
  const patient = { ...KTP, ktp: undefined, email: '', phoneNumber: customer().phoneNumber };
  await post(`/v1/submissions/${mine.id}/approve`, office, {});
  await post(`/v1/submissions/${open.id}/approve`, office, patient);
  const refused = await verified(gateway, customer());
  await post(`/v1/submissions/${refused.id}/reject`, office, { reason: 'photo unreadable' });
  await post('/v1/common-kyc', office, { ...patient, phoneNumber: customer().phoneNumber });
  const leaver = customer();
  await verified(gateway, leaver);
  for (const { phoneNumber } of [me, leaver])
    await gateway.http.delete(`/v1/people/${phoneNumber}`).set('Authorization', office);
  await sleep(LEDGER_TASKS_MS);
}

async function get(path: string, authorization: string): Promise<{ body: unknown }> {
  const answer = await gateway.http.get(path).set('Authorization', authorization);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer;
}

async function post(path: string, authorization: string, body: object): Promise<void> {
  const { status } = await gateway.http.post(path).set('Authorization', authorization).send(body);
  expect([path, status < 300]).toEqual([path, true]);
}

describe(`among ${SUBMISSIONS} submissions`, () => {
  it('nothing that people, back office or the program do reads a large table from end to end', () => {
    expect(readWhole(before, after)).toEqual([]);
  });

  it('every large table was asked', () => {
    expect(LARGE.filter((name) => after[name]?.asked === before[name]?.asked)).toEqual([]);
  });

  it('a scan would be noticed', async () => {
    await onOneConnection((sql) => sql.query(`SELECT FROM kyc_submission WHERE reason_code = 'x'`));
    expect(readWhole(after, await readings())).toEqual(['kyc_submission']);
  });
});
