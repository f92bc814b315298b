import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, median, percentile } from './benchmark';
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
  async run(print) {
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
      report(print, rounds, callers);
    } finally {
      await workplace.close();
    }
  },
};

function report(print: (line: string) => void, rounds: readonly Round[], callers: readonly Answer[]): void {
  const slowest = Math.max(...callers.map(({ ms }) => ms));
  const statuses = [...new Set(callers.map(({ status }) => status))]
    .sort()
    .map((status) => `${callers.filter((one) => one.status === status).length} times ${status}`);
  print(
    `callers of GTF: ${statuses.join(', ')}; the slowest waited ${(slowest / 1000).toFixed(2)} s (aim: below ${AT_LATEST_MS / 1000} s)`,
  );
  const [before, during] = [
    median(rounds.map((one) => one.undisturbed)),
    median(rounds.map((one) => one.beside)),
  ];
  const slowdown = median(rounds.map(({ undisturbed, beside }) => beside / undisturbed));
  print(
    `GET /v1/common-kyc: p95 ${during.toFixed(1)} ms while GTF hangs, ${before.toFixed(1)} ms undisturbed: ` +
      `${slowdown.toFixed(2)}× (aim: at most ${MAX_SLOWDOWN}×; medians of ${ROUNDS} rounds)`,
  );
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
