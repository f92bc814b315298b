import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, median, percentile } from './benchmark';
import { openWorkplace, type Workplace } from './gtf/workplace';

const PER_SECOND = 300;
const SECONDS = 120;
const WARM_UP_SECONDS = 10;
const QUARTERS = 4;
const MAX_GROWTH = 1.15;
const PEOPLE = 500;

/** What callers ask, and how often among a hundred requests. */
type Asked = readonly [share: number, ask: (workplace: Workplace, index: number) => Promise<number>];

const MIX: readonly Asked[] = [
  [40, ({ url, tokenOf }, index) => ask(`${url}/v1/me`, tokenOf(phoneOf(index)))],
  [15, ({ url, tokenOf }, index) => ask(`${url}/v1/submissions`, tokenOf(phoneOf(index)))],
  [10, ({ url, backOffice }) => ask(`${url}/v1/submissions?limit=20`, backOffice)],
  [5, ({ url, backOffice }) => ask(`${url}/v1/events?limit=20`, backOffice)],
  [
    20,
    ({ url, otpSender }, index) =>
      ask(`${url}/v1/webhooks/otp`, otpSender, {
        identifier: `62811${10_000_000 + index}`,
        otp: String(100_000 + (index % 900_000)),
        channel: 'sms',
      }),
  ],
  [
    5,
    ({ url, tokenOf }) =>
      ask(`${url}/v1/gtf/submissions`, tokenOf(phoneOf(Math.floor(Math.random() * 1e8))), {
        submissionType: 'KTP_SCAN',
      }),
  ],
  [
    5,
    ({ url, backOffice }, index) =>
      ask(`${url}/v1/common-kyc`, backOffice, {
        phoneNumber: `62812${10_000_000 + index}`,
        fullName: 'Budi Santoso',
        nik: `317101010190${String((index % 9_999) + 1).padStart(4, '0')}`,
        dateOfBirth: '1990-01-01',
        email: '',
      }),
  ],
];
const DRAWN = MIX.flatMap(([share, act]) => Array.from({ length: share }, () => act));

/** Everything at once at a steady rate, whether answers come or not: as a business unit's day, not as a race. */
export const load: Benchmark = {
  name: 'load',
  title: `Mixed load: ${PER_SECOND} requests a second for ${SECONDS} s, gateway, PostgreSQL, lab and callers on this machine`,
  async run(report) {
    const workplace = await openWorkplace();
    try {
      await steadily(workplace, WARM_UP_SECONDS, []);
      const memory: number[] = [];
      const sampling = setInterval(() => void residentOf(workplace).then((mb) => memory.push(mb)), 1_000);
      const times: number[] = [];
      const statuses = await steadily(workplace, SECONDS, times);
      clearInterval(sampling);
      const counted = [...statuses]
        .sort(([a], [b]) => a - b)
        .map(([status, count]) => `${count} times ${status}`);
      report.note(counted.join(', '));
      const failures = [...statuses].reduce(
        (sum, [status, n]) => (status === 0 || status >= 500 ? sum + n : sum),
        0,
      );
      report.figure({
        what: `answers 5xx or none among ${times.length.toLocaleString('en')} at ${PER_SECOND}/s`,
        ours: String(failures),
        floor: { bound: 'at most', limit: 0, value: failures },
      });
      report.figure({
        what: `time to an answer at ${PER_SECOND}/s, p50 / p95 / p99`,
        ours: `${[0.5, 0.95, 0.99].map((share) => percentile(times, share).toFixed(1)).join(' / ')} ms`,
      });
      const quarter = Math.floor(memory.length / QUARTERS);
      const [second, last] = [memory.slice(quarter, 2 * quarter), memory.slice(-quarter)].map(median);
      report.figure({
        what: 'resident meanwhile, last quarter to second (medians)',
        ours: `${last?.toFixed(0) ?? ''} MB`,
        yardstick: `${second?.toFixed(0) ?? ''} MB`,
        ratio: (last ?? Number.NaN) / (second ?? Number.NaN),
        floor: { bound: 'at most', limit: MAX_GROWTH },
      });
    } finally {
      await workplace.close();
    }
  },
};

let asked = 0;

/** @returns answers by status, 0 for none */
async function steadily(
  workplace: Workplace,
  seconds: number,
  times: number[],
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const waiting: Promise<void>[] = [];
  const started = performance.now();
  for (let index = 0; index < PER_SECOND * seconds; index += 1) {
    await sleep(Math.max(0, started + (index * 1000) / PER_SECOND - performance.now()));
    asked += 1;
    const act = DRAWN[(asked * 37) % DRAWN.length];
    const began = performance.now();
    const answered = (act?.(workplace, asked) ?? Promise.resolve(0)).catch(() => 0);
    waiting.push(
      answered.then((status) => {
        times.push(performance.now() - began);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
    );
  }
  await Promise.all(waiting);
  return statuses;
}

function phoneOf(index: number): string {
  return `62856${10_000_000 + (index % PEOPLE)}`;
}

async function ask(url: string, authorization: string, body?: object): Promise<number> {
  const answer = await fetch(url, {
    headers: { authorization, 'content-type': 'application/json', 'x-request-id': randomUUID() },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function residentOf({ url }: Workplace): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 2 ** 20;
}
