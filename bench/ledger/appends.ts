import { randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { Appended, StandaloneEvent, Submission } from '../../src/kyc-ledger';
import { median, medianRatio, type Report } from '../benchmark';
import { POOL_SIZE, UNIT, type Workbench } from './workbench';

const ROUNDS = 5;
/** Callers at once, of the ledger and of the yardstick, and submissions a round. */
const LOADS = [
  { callers: 1, submissions: 300 },
  { callers: 8, submissions: 800 },
  { callers: 24, submissions: 1_000 },
] as const;
const MIN_RATIO = 0.35;
const MIN_RATIO_ALONE = 0.1;

let identities = 0;

/** Everybody has a NIK of their own: people with the same one are counted whenever one of them is shown. */
function identityOfAKtp(): string {
  const [year, serial] = [Math.floor(identities / 9_999) % 100, (identities % 9_999) + 1];
  identities += 1;
  const nik = `3171010101${String(year).padStart(2, '0')}${String(serial).padStart(4, '0')}`;
  return JSON.stringify({
    fullName: 'BUDI SANTOSO',
    nik,
    dateOfBirth: '1990-01-01',
    email: null,
    phoneNumber: null,
    ktp: { nik, full_name: 'BUDI SANTOSO', address: 'JL. KEBON SIRIH NO. 10' },
  });
}

type Way = (workbench: Workbench, newEvent: StandaloneEvent) => Promise<Appended>;

/** What the partner says of every submission, one event after the other. */
const STORY: readonly (Pick<StandaloneEvent, 'type' | 'data'> & { readonly bringsIdentity?: true })[] = [
  { type: 'kyc.processing', data: { learntBy: 'confirm', partnerSubmissionId: '6f1c2b9e' } },
  {
    type: 'kyc.verified',
    data: {
      learntBy: 'callback',
      reasonCode: null,
      verification: { nik: 'pass', name: 'pass', dateOfBirth: 'pass', selfie: 'pass' },
    },
    bringsIdentity: true,
  },
];

export async function appends(workbench: Workbench, report: Report): Promise<void> {
  const pool = new Pool({ connectionString: workbench.databaseUrl, max: POOL_SIZE });
  await pool.query('CREATE TABLE bench_row (id bigserial PRIMARY KEY, body bytea NOT NULL)');
  await append(workbench, WAYS.record, 200, 8); // warming up, and telling the yardstick its size
  const body = randomBytes(await bytesOfAnAppend(pool));
  report.note(`yardstick: bare inserts of the same ${body.length} bytes on the same PostgreSQL`);
  const best = { ours: 0, within: 0, bare: 0 };
  for (const { callers, submissions } of LOADS) {
    const [ours, within, bare]: [number[], number[], number[]] = [[], [], []];
    // In turn, so that a busy machine slows down both.
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await append(workbench, WAYS.record, submissions, callers));
      within.push(await append(workbench, WAYS.append, submissions, callers));
      const inserts = submissions * STORY.length;
      bare.push(
        await perSecond(inserts, callers, async () => {
          await pool.query('INSERT INTO bench_row (body) VALUES ($1)', [body]);
        }),
      );
    }
    const yardstick = `${median(bare).toFixed(0)} inserts/s`;
    report.figure({
      what: `appends, ${callers} callers`,
      ...{ ours: `${median(ours).toFixed(0)}/s`, yardstick, ratio: medianRatio(ours, bare) },
      ...(callers === LOADS.at(-1)?.callers
        ? { floor: { bound: 'at least', limit: MIN_RATIO } as const }
        : {}),
    });
    report.figure({
      what: `appends, each in a transaction of its own, ${callers} callers`,
      ...{ ours: `${median(within).toFixed(0)}/s`, yardstick, ratio: medianRatio(within, bare) },
    });
    best.ours = Math.max(best.ours, median(ours));
    best.within = Math.max(best.within, median(within));
    best.bare = Math.max(best.bare, median(bare));
  }
  const yardstick = `${best.bare.toFixed(0)} inserts/s`;
  report.figure({
    what: 'appends, each with as many callers as it does most with',
    ...{ ours: `${best.ours.toFixed(0)}/s`, yardstick, ratio: best.ours / best.bare },
    floor: { bound: 'at least', limit: MIN_RATIO },
  });
  report.figure({
    what: 'the same, each in a transaction of its own',
    ...{ ours: `${best.within.toFixed(0)}/s`, yardstick, ratio: best.within / best.bare },
    floor: { bound: 'at least', limit: MIN_RATIO_ALONE },
  });
  await growth(pool, report);
  await pool.query('DROP TABLE bench_row');
  await pool.end();
}

/** Opens submissions, then tells their stories; returns events a second of the latter. */
async function append(workbench: Workbench, way: Way, submissions: number, callers: number): Promise<number> {
  const opened: Submission[] = [];
  await perSecond(submissions, 8, async () => {
    opened.push(await open(workbench));
  });
  const events = STORY.flatMap(({ bringsIdentity, ...said }) =>
    opened.map((submission) => ({
      ...said,
      ...about(submission, said.type),
      ...(bringsIdentity === true ? { personal: { identity: identityOfAKtp() } } : {}),
    })),
  );
  return perSecond(events.length, callers, async (index) => {
    const event = events[index];
    if (event === undefined) throw new Error('there are as many events as calls');
    const { outcome } = await way(workbench, event);
    if (outcome !== 'appended') throw new Error(`an append was ${outcome}`);
  });
}

/** Events a second that callers record. */
export function appendRate(workbench: Workbench, submissions: number, callers: number): Promise<number> {
  return append(workbench, WAYS.record, submissions, callers);
}

function about(
  { businessUnit, id: submissionId }: Submission,
  type: StandaloneEvent['type'],
): Pick<StandaloneEvent, 'businessUnit' | 'submissionId' | 'sourceKey'> {
  return { businessUnit, submissionId, sourceKey: `bench:${submissionId}:${type}` };
}

function open({ database, ledger, people }: Workbench): Promise<Submission> {
  const phoneNumber = `62856${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
  return database.transaction(async (tx) =>
    ledger.open(tx, {
      person: await people.personOfToken(tx, {
        businessUnit: UNIT,
        subject: randomUUID(),
        phoneNumber,
        emailAddresses: [],
      }),
      kind: 'gtf-coe',
      openedBy: 'user',
      sourceKey: `bench:${randomUUID()}`,
      phoneNumber,
    }),
  );
}

/** How callers append: what they learn alone, or something together with other work of their transaction. */
const WAYS = {
  record: ({ ledger }, newEvent) => ledger.record(newEvent),
  append: ({ database, ledger }, newEvent) => database.transaction((tx) => ledger.append(tx, newEvent)),
} satisfies Record<string, Way>;

async function perSecond(
  count: number,
  callers: number,
  work: (index: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: callers }, worker));
  return (count / (performance.now() - started)) * 1000;
}

/** Bytes in the rows that one append writes: the event, the sealed entry it may bring, the submission's new state. */
async function bytesOfAnAppend(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    `SELECT ((SELECT sum(pg_column_size(e)) FROM kyc_event e WHERE type <> 'kyc.opened')
           + (SELECT sum(pg_column_size(v)) FROM vault_entry v WHERE name = 'identity'))
          / (SELECT count(*) FROM kyc_event WHERE type <> 'kyc.opened')
          + (SELECT avg(pg_column_size(s)) FROM kyc_submission s) AS bytes`,
  );
  return Math.round(Number(rows[0]?.bytes));
}

/** What an event costs on disk, indexes included. */
async function growth(pool: Pool, report: Report): Promise<void> {
  const tables = [
    ...['kyc_event', 'vault_entry', 'kyc_submission', 'kyc_submission_opening'],
    ...['person', 'person_index'],
  ];
  const { rows } = await pool.query<{ events: string; sizes: string[] }>(
    `SELECT (SELECT count(*) FROM kyc_event) AS events,
            (SELECT array_agg(pg_total_relation_size(name::regclass) ORDER BY place) FROM unnest($1::text[]) WITH ORDINALITY t (name, place)) AS sizes`,
    [tables],
  );
  const events = Number(rows[0]?.events);
  const each = (rows[0]?.sizes ?? []).map((size) => Number(size) / events);
  const total = each.reduce((sum, size) => sum + size, 0);
  const parts = tables.map((name, index) => `${name} ${each[index]?.toFixed(0) ?? ''}`).join(', ');
  report.figure({ what: 'storage an event, indexes included', ours: `${total.toFixed(0)} bytes` });
  report.note(`of which ${parts}`);
}
