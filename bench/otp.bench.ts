import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { load } from './auth/load';
import { type Benchmark, median, medianRatio, percentile, type Report } from './benchmark';
import type { GatewayProcess } from '../test/support/gateway-process';
import { codeOf, openWorkplace, type Workplace } from './otp/workplace';

const ROUNDS = 5;
/** Until the just-in-time compiler is done with the gateway, which after 4,000 codes it is not by far. */
const WARM_UP = 30_000;
const REQUESTS_A_ROUND = 4_000;
/** Senders that wait for an answer at once, and connections that insert at once: the ratio depends on them. */
const LOADS = [24, 64] as const;
/** With its overhead a row of the yardstick is as large as a delivery's, 304 bytes; the gateway writes three rows. */
const ROW_BYTES = 256;
const MIN_RATIO = 0.4;
const PACED_PER_SECOND = 50;
const PACED_SECONDS = 20;
const MAX_P50_MS = 50;
const MAX_P99_MS = 500;
const LONG_RUN = 20_000;
const QUARTERS = 4;
const MAX_GROWTH = 1.15;
const SAMPLE_EVERY_MS = 50;

/** Codes are numbered once, so that no request is a repeat and no limit is met. */
let used = 0;

export const otp: Benchmark = {
  name: 'otp',
  title: 'One-time codes: durable acknowledgements, time to hand-over, memory',
  async run(report) {
    const workplace = await openWorkplace();
    try {
      await acknowledgements(workplace, report);
      await handOverAndMemory(workplace, report);
    } finally {
      await workplace.close();
    }
  },
};

/** The gateway and its yardstick in turn, so that a busy machine slows down both. */
async function acknowledgements(workplace: Workplace, report: Report): Promise<void> {
  const gateway = await workplace.start('api');
  const most = Math.max(...LOADS);
  const pool = new Pool({ connectionString: workplace.databaseUrl, max: most });
  pool.on('error', () => undefined);
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, body bytea NOT NULL, at timestamptz NOT NULL DEFAULT now())',
  );
  await insertRows(pool, WARM_UP, most);
  await load(portOf(gateway.url), batch(workplace, WARM_UP), most);
  const best = { ours: 0, bare: 0 };
  for (const callers of LOADS) {
    const { ours, bare } = await compare(workplace, gateway, pool, callers, report);
    best.ours = Math.max(best.ours, ours);
    best.bare = Math.max(best.bare, bare);
  }
  report.figure({
    what: 'webhooks acknowledged, each with as many senders as it does most with',
    ours: `${best.ours.toFixed(0)}/s`,
    yardstick: `${best.bare.toFixed(0)} bare inserts/s`,
    ratio: best.ours / best.bare,
    floor: { bound: 'at least', limit: MIN_RATIO },
  });
  await storage(pool, report);
  await gateway.end('SIGTERM');
  // Nobody worked these off: what comes next starts with an empty queue.
  await pool.query('TRUNCATE otp_delivery, otp_attempt, bench_row');
  await pool.end();
}

/** What a code costs on disk before its attempt, indexes included. */
async function storage(pool: Pool, report: Report): Promise<void> {
  const { rows } = await pool.query<{ bytes: number }>(
    `SELECT ((pg_total_relation_size('otp_delivery') + pg_total_relation_size('otp_recipient'))
            / (SELECT count(*) FROM otp_delivery))::integer AS bytes`,
  );
  report.figure({ what: 'storage a code, indexes included', ours: `${rows[0]?.bytes ?? ''} bytes` });
}

async function compare(
  workplace: Workplace,
  gateway: GatewayProcess,
  pool: Pool,
  callers: number,
  report: Report,
): Promise<{ readonly ours: number; readonly bare: number }> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const inserts = await perSecond(REQUESTS_A_ROUND, () => insertRows(pool, REQUESTS_A_ROUND, callers));
    const requests = batch(workplace, REQUESTS_A_ROUND);
    const webhooks = await perSecond(REQUESTS_A_ROUND, () => load(portOf(gateway.url), requests, callers));
    bare.push(inserts);
    ours.push(webhooks);
  }
  report.figure({
    what: `webhooks acknowledged, durable, ${callers} at once (median of ${ROUNDS} rounds)`,
    ours: `${median(ours).toFixed(0)}/s`,
    yardstick: `${median(bare).toFixed(0)} bare inserts/s`,
    ratio: medianRatio(ours, bare),
  });
  return { ours: median(ours), bare: median(bare) };
}

async function handOverAndMemory(workplace: Workplace, report: Report): Promise<void> {
  const gateway = await workplace.start('all');
  const waits = await paced(workplace, gateway.url);
  const [p50, p99] = [percentile(waits, 0.5), percentile(waits, 0.99)];
  report.figure({
    what: `acknowledged to handed over at ${PACED_PER_SECOND}/s, p50`,
    ours: `${p50.toFixed(1)} ms`,
    floor: { bound: 'at most', limit: MAX_P50_MS, value: p50, unit: 'ms' },
  });
  report.figure({
    what: `acknowledged to handed over at ${PACED_PER_SECOND}/s, p99`,
    ours: `${p99.toFixed(1)} ms`,
    floor: { bound: 'at most', limit: MAX_P99_MS, value: p99, unit: 'ms' },
  });
  await memory(workplace, gateway, report);
  await gateway.end('SIGTERM');
}

/** What the garbage collector lets lie comes and goes: quarters are compared by the median of many samples. */
async function memory(workplace: Workplace, gateway: GatewayProcess, report: Report): Promise<void> {
  const quarters: number[] = [];
  const seconds: number[] = [];
  for (let quarter = 0; quarter < QUARTERS; quarter += 1) {
    const megabytes: number[] = [];
    const sampling = setInterval(() => megabytes.push(gateway.residentMegabytes()), SAMPLE_EVERY_MS);
    const started = performance.now();
    await handOver(workplace, gateway, LONG_RUN / QUARTERS);
    seconds.push((performance.now() - started) / 1000);
    clearInterval(sampling);
    quarters.push(median(megabytes));
  }
  const growth = (quarters.at(-1) ?? Number.NaN) / (quarters[1] ?? Number.NaN);
  const each = (values: readonly number[], digits: number): string =>
    values.map((value) => value.toFixed(digits)).join(', ');
  report.figure({
    what: `resident over ${LONG_RUN.toLocaleString('en')} deliveries, last quarter to second (medians)`,
    ours: `${each(quarters, 0)} MB`,
    floor: { bound: 'at most', limit: MAX_GROWTH, value: growth, unit: 'times' },
  });
  report.note(`each quarter was handed over within ${each(seconds, 1)} s of its first request`);
}

/** As many codes as the gateway takes, until the provider has them all. */
async function handOver(workplace: Workplace, gateway: GatewayProcess, count: number): Promise<void> {
  const already = workplace.provider.arrivals.size;
  await load(portOf(gateway.url), batch(workplace, count));
  await delivered(workplace, already + count);
}

function batch(workplace: Workplace, count: number): Buffer[] {
  return Array.from({ length: count }, () => workplace.request(used++));
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (count / (performance.now() - started)) * 1000;
}

/** What a gateway could do at best: the same number of commits, one small row each. */
async function insertRows(pool: Pool, count: number, callers: number): Promise<void> {
  const body = Buffer.alloc(ROW_BYTES, 7);
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await pool.query('INSERT INTO bench_row (body) VALUES ($1)', [body]);
  };
  await Promise.all(Array.from({ length: callers }, worker));
}

/** Milliseconds from the acknowledgement's arrival to the provider's request, code by code. */
async function paced(workplace: Workplace, url: string): Promise<number[]> {
  const acknowledged = new Map<string, number>();
  const asking: Promise<void>[] = [];
  const first = used;
  for (let sent = 0; sent < PACED_PER_SECOND * PACED_SECONDS; sent += 1) {
    const number = used++;
    asking.push(
      ask(workplace, url, number).then(() => void acknowledged.set(codeOf(number), performance.now())),
    );
    await sleep(1000 / PACED_PER_SECOND);
  }
  await Promise.all(asking);
  await delivered(workplace, used - first);
  return Array.from({ length: used - first }, (_, index) => {
    const code = codeOf(first + index);
    const [arrived, answered] = [workplace.provider.arrivals.get(code), acknowledged.get(code)];
    // Handed over before the acknowledgement was read counts as at once.
    return Math.max(0, (arrived ?? Infinity) - (answered ?? Number.NaN));
  });
}

async function ask(workplace: Workplace, url: string, number: number): Promise<void> {
  const answer = await fetch(`${url}/v1/webhooks/otp`, { method: 'POST', ...workplace.message(number) });
  if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
  await answer.arrayBuffer();
}

/** Waits until the provider has seen that many codes. */
async function delivered({ provider }: Workplace, count: number): Promise<void> {
  const deadline = performance.now() + 170_000;
  while (provider.arrivals.size < count) {
    if (performance.now() > deadline)
      throw new Error(`${count - provider.arrivals.size} codes were not handed over`);
    await sleep(20);
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
