import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, median, medianRatio, percentile, type Report } from './benchmark';
import { openWorkplace, type Workplace } from './gtf/workplace';

const SECONDS = 6;
const PROBES_A_SECOND = 40;
const CALLERS_A_SECOND = 20;
/** PARTNER_TIMEOUT_MS by default, and the second that may come on top of it. */
const AT_LATEST_MS = 6_000;
const MAX_SLOWDOWN = 1.5;
const ROUNDS = 5;

interface Answer {
  readonly status: number;
  readonly ms: number;
}

/** p95 of the other partner's route, milliseconds. */
interface Round {
  readonly undisturbed: number;
  readonly beside: number;
}

/** What a GTF that hangs does to its own callers, and to the routes of another partner. */
export const gtf: Benchmark = {
  name: 'gtf',
  title:
    'GTF hangs: its callers, and another partner’s route meanwhile (yardstick: the same route undisturbed)',
  async run(report) {
    const workplace = await openWorkplace();
    try {
      await probe(workplace, 2);
      const rounds: Round[] = [];
      const callers: Answer[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const undisturbed = p95(await probe(workplace, SECONDS));
        workplace.lab.gtf.faults.next({ path: '/coe', hang: true, times: 100_000 });
        const called = call(workplace, SECONDS);
        rounds.push({ undisturbed, beside: p95(await probe(workplace, SECONDS)) });
        callers.push(...(await called));
        workplace.lab.gtf.faults.clear();
      }
      tell(report, rounds, callers);
    } finally {
      await workplace.close();
    }
  },
};

function tell(report: Report, rounds: readonly Round[], callers: readonly Answer[]): void {
  const slowest = Math.max(...callers.map(({ ms }) => ms));
  const statuses = [...new Set(callers.map(({ status }) => status))]
    .sort()
    .map((status) => `${callers.filter((one) => one.status === status).length} times ${status}`);
  report.figure({
    what: `the slowest caller of a GTF that hangs (${statuses.join(', ')})`,
    ours: `${(slowest / 1000).toFixed(2)} s`,
    floor: { bound: 'at most', limit: AT_LATEST_MS / 1000, value: slowest / 1000, unit: 's' },
  });
  const [beside, undisturbed] = [rounds.map((one) => one.beside), rounds.map((one) => one.undisturbed)];
  report.figure({
    what: `GET /v1/common-kyc while GTF hangs, p95 (medians of ${ROUNDS} rounds)`,
    ours: `${median(beside).toFixed(1)} ms`,
    yardstick: `${median(undisturbed).toFixed(1)} ms undisturbed`,
    ratio: medianRatio(beside, undisturbed),
    floor: { bound: 'at most', limit: MAX_SLOWDOWN },
  });
}

function p95(answers: readonly Answer[]): number {
  return percentile(
    answers.map(({ ms }) => ms),
    0.95,
  );
}

/** Asks another partner's route at a steady rate. */
function probe({ url, backOffice }: Workplace, seconds: number): Promise<Answer[]> {
  const path = `${url}/v1/common-kyc?phoneNumber=6285610573956&purpose=bench`;
  return steadily(PROBES_A_SECOND, seconds, () => timed(path, { headers: { authorization: backOffice } }));
}

/** People who want to start a submission at GTF. */
function call({ url, tokenOf }: Workplace, seconds: number): Promise<Answer[]> {
  return steadily(CALLERS_A_SECOND, seconds, (index) =>
    timed(`${url}/v1/gtf/submissions`, {
      method: 'POST',
      headers: { authorization: tokenOf(`62856105${70_000 + index}`), 'content-type': 'application/json' },
      body: JSON.stringify({ submissionType: 'KTP_SCAN' }),
    }),
  );
}

async function steadily(
  perSecond: number,
  seconds: number,
  ask: (index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const asked: Promise<Answer>[] = [];
  const started = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    await sleep(Math.max(0, started + (index * 1000) / perSecond - performance.now()));
    asked.push(ask(index));
  }
  return Promise.all(asked);
}

async function timed(url: string, init: RequestInit): Promise<Answer> {
  const started = performance.now();
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return { status: answer.status, ms: performance.now() - started };
}
