import { Client } from 'pg';
import { Ledger } from '../../src/kyc-ledger';
import { LedgerTasks } from '../../src/kyc-ledger/ledger-tasks';
import { addSubmissions } from '../support/many-submissions';
import { customer, KTP, openedBy, tokenOf, verified } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

const UNIT = 'nanovest';
const SUBMISSIONS = 30_000;
const LARGE = [
  ...['kyc_event', 'kyc_submission', 'kyc_submission_opening', 'vault_entry'],
  ...['person', 'person_index', 'common_kyc_share'],
];
const ABOUT_THEM = new RegExp(`\\b(${LARGE.join('|')}|ledger_append)\\b`);

interface Statement {
  readonly text: string;
  readonly values: unknown[];
}

let gateway: TestGateway;
let sql: Client;
/** What the program asked PostgreSQL, by text. */
const heard = new Map<string, Statement>();
const ask = Client.prototype.query as (...args: unknown[]) => unknown;

beforeAll(async () => {
  gateway = await startTestGateway();
  sql = new Client(gateway.database.url);
  await sql.connect();
  for (let index = 0; index < 20; index += 1) await verified(gateway, customer());
  await addSubmissions(sql, UNIT, SUBMISSIONS);
  Client.prototype.query = function (this: Client, ...args: unknown[]) {
    if (this !== sql) hear(args);
    return ask.apply(this, args);
  } as typeof Client.prototype.query;
  await everything();
  Client.prototype.query = ask as typeof Client.prototype.query;
}, 120_000);
afterAll(async () => {
  Client.prototype.query = ask as typeof Client.prototype.query;
  await sql?.end();
  await gateway?.close();
});

function hear([config, values]: unknown[]): void {
  const { text, values: own } =
    typeof config === 'string' ? { text: config } : (config as Partial<Statement>);
  if (text === undefined || !ABOUT_THEM.test(text)) return;
  const given = own ?? (Array.isArray(values) ? (values as unknown[]) : []);
  heard.set(text, { text, values: given });
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
  ];
  for (const authorization of [token, office])
    for (const query of ['', ...filters, filters.slice(0, 2).join('&'), filters.join('&')]) {
      const first = await get(`/v1/submissions?limit=5&${query}`, authorization);
      const { nextCursor } = first.body as { nextCursor: string | null };
      if (nextCursor !== null)
        await get(`/v1/submissions?limit=5&${query}&cursor=${encodeURIComponent(nextCursor)}`, authorization);
    }
  for (const path of ['', '/events', '/events?limit=1'])
    await get(`/v1/submissions/${mine.id}${path}`, token);
  await get(`/v1/submissions/${mine.id}/identity?purpose=audit`, office);
  for (const search of [{ phoneNumber: me.phoneNumber }, { subject: me.subject }, { nik: KTP.nik }])
    await post('/v1/people/search', office, search);
  await get(`/v1/people/${me.phoneNumber}?purpose=audit`, office);
  await gateway.app.get(Ledger).record({
    businessUnit: UNIT,
    submissionId: (await openedBy(gateway, customer())).id,
    type: 'kyc.processing',
    sourceKey: 'plans',
    unwithdrawn: true,
  });
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
  await gateway.app.get(LedgerTasks).run();
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
  await sql.query('BEGIN');
  try {
    const { rows } = await sql.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (FORMAT JSON) ${text}`,
      values,
    );
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    const planned = (plan === undefined ? [] : nodes(plan))
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'] ?? '');
    return [...planned, ...(await insideFunctions(text, values))].filter((table) => LARGE.includes(table));
  } finally {
    await sql.query('ROLLBACK');
  }
}

/** A plan does not show what a function does: what it reads is counted while it runs. */
async function insideFunctions(text: string, values: unknown[]): Promise<string[]> {
  if (!text.includes('ledger_append(')) return [];
  await sql.query(text, onceMore(values));
  const { rows } = await sql.query<{ relname: string }>(
    'SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0',
  );
  return rows.map(({ relname }) => relname);
}

/** The same events again, from a source that was not heard yet. */
function onceMore(values: unknown[]): unknown[] {
  const [unit, events] = values as [string, string];
  const again = (JSON.parse(events) as object[]).map((event, place) => ({
    ...event,
    source_key: `plans:once-more:${place}`,
  }));
  return [unit, JSON.stringify(again)];
}

describe(`among ${SUBMISSIONS} submissions`, () => {
  it('no statement of the program reads a large table from end to end', async () => {
    const scanning: Record<string, string[]> = {};
    for (const statement of heard.values()) {
      const tables = await readWhole(statement);
      if (tables.length > 0) scanning[statement.text] = tables;
    }
    expect(scanning).toEqual({});
  });

  it('every large table was asked', () => {
    const texts = [...heard.keys()].join(' ');
    for (const name of [...LARGE, 'ledger_append(']) expect(texts).toContain(name);
    expect(heard.size).toBeGreaterThan(30);
  });

  it('finds a submission by its primary key also on an empty database, where the newest index is taken', async () => {
    const { rows } = await sql.query<{ newest: string }>(
      `SELECT max(indexrelid)::regclass::text AS newest FROM pg_index WHERE indrelid = 'kyc_submission'::regclass`,
    );
    expect(rows).toEqual([{ newest: 'kyc_submission_pkey' }]);
  });

  it('a scan would be noticed', async () => {
    expect(
      await readWhole({ text: `SELECT FROM kyc_submission WHERE reason_code = $1`, values: ['x'] }),
    ).toEqual(['kyc_submission']);
  });
});
