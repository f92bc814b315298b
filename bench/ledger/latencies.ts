import { Client } from 'pg';
import { median, type Report } from '../benchmark';
import { addSubmissions } from '../../test/support/many-submissions';
import { UNIT, type Workbench } from './workbench';

const FEW = 1_000;
const MANY = 1_000_000;
const ROUNDS = 300;
const MAX_RATIO = 1.5;

type Read = (base: string, ids: readonly string[], turn: number) => string;

const READS: Readonly<Record<string, Read>> = {
  'a list of 20': (base) => `${base}?limit=20`,
  'a list of 20 of one kind and status': (base) => `${base}?limit=20&kind=gtf-coe&status=verified`,
  'a submission': (base, ids, turn) => `${base}/${ids[turn % ids.length] ?? ''}`,
  'its events': (base, ids, turn) => `${base}/${ids[turn % ids.length] ?? ''}/events`,
};

/** The same reads through a gateway, of few submissions and of many. */
export async function latencies(workbench: Workbench, report: Report): Promise<void> {
  const sql = new Client(workbench.databaseUrl);
  await sql.connect();
  await leaveFew(sql);
  const gateway = await workbench.startGateway();
  try {
    const few = await measure(sql, gateway.url, workbench.backOffice);
    const started = performance.now();
    await addSubmissions(sql, UNIT, MANY - FEW);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const many = await measure(sql, gateway.url, workbench.backOffice);
    for (const name of Object.keys(READS)) {
      const [before, after] = [few.get(name) ?? Number.NaN, many.get(name) ?? Number.NaN];
      report.figure({
        what: `${name} among ${MANY.toLocaleString('en')} submissions`,
        ours: `${after.toFixed(2)} ms`,
        yardstick: `${before.toFixed(2)} ms among ${FEW.toLocaleString('en')}`,
        ratio: after / before,
        floor: { bound: 'at most', limit: MAX_RATIO },
      });
    }
    report.note(`medians of ${ROUNDS} requests one after the other; filling the tables took ${seconds} s`);
  } finally {
    await gateway.end('SIGTERM');
    await sql.end();
  }
}

/** The appends left some thousands behind. */
async function leaveFew(sql: Client): Promise<void> {
  await sql.query(
    `DELETE FROM kyc_submission WHERE id NOT IN (SELECT id FROM kyc_submission_opening WHERE business_unit = $1 ORDER BY created_at LIMIT ${FEW})`,
    [UNIT],
  );
  await sql.query('DELETE FROM kyc_submission_opening WHERE id NOT IN (SELECT id FROM kyc_submission)');
  await sql.query('VACUUM ANALYZE');
}

async function measure(
  sql: Client,
  url: string,
  authorization: string,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql.query<{ id: string }>(
    'SELECT id FROM kyc_submission WHERE business_unit = $1 ORDER BY id LIMIT 500',
    [UNIT],
  );
  const ids = rows.map(({ id }) => id);
  const times = new Map<string, number[]>(Object.keys(READS).map((name) => [name, []]));
  for (let turn = -30; turn < ROUNDS; turn += 1)
    for (const [name, path] of Object.entries(READS)) {
      const started = performance.now();
      const answer = await fetch(path(`${url}/v1/submissions`, ids, turn + 30), {
        headers: { authorization },
      });
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      await answer.arrayBuffer();
      if (turn >= 0) times.get(name)?.push(performance.now() - started); // the first ones warm up
    }
  return new Map([...times].map(([name, taken]) => [name, median(taken)]));
}
