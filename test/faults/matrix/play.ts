import { randomUUID } from 'node:crypto';
import { eventually } from '../../support/eventually';
import { backOffice } from '../../support/test-gateway';
import type { Fault } from './fault-proxy';
import { PAUSE } from './faults';
import type { Begun, Errand, Trouble } from './errands';
import { type Answer, ask, type Operation } from './callers';
import { BUDGET_MS, type Stage } from './stage';

/** Whom the faults must not hit. */
const NEIGHBOUR = 'sinarmas';

/** Beyond its budget, what a busy machine may take. */
const MARGIN_MS = 1_500;
const NEIGHBOUR_MS = 1_500;

/** Words of the system, of TLS and of names, which are the operator's. */
const FOR_THE_LOG =
  /ECONN|ENOTFOUND|EAI_|getaddrinfo|CERT|certificate|socket|\.test\b|stack|HPE_|HTML|broken off|too large/i;

/** One meeting of an operation and a fault. */
export interface Cell {
  readonly operation: string;
  readonly fault: string;
  /** How the caller got on, in a word. */
  readonly outcome: string;
  /** The request's id, by which the log has the cause; undefined where nothing was to be logged. */
  readonly logged: string | undefined;
  readonly tookMs: number;
  /** What should not have been. */
  readonly wrong: readonly string[];
}

const CODES: Readonly<Record<number, string>> = {
  422: 'partner_refused',
  502: 'partner_error',
  503: 'partner_unavailable',
  504: 'partner_timeout',
};

/** `ok`, a status with the code that belongs to it, or the status and an odd code. */
function outcomeOf({ status, code, retryAfter }: Answer): string {
  if (status < 300) return 'ok';
  if (CODES[status] !== code) return `${status} ${code ?? 'without a code'}`;
  return retryAfter === String(PAUSE) ? `${status} ${PAUSE}s` : String(status);
}

const SLOW = /^(took|a neighbour got 200)/;
const MEASUREMENTS = 3;

/** A machine may pause once, a slow product always is: what looks slow is played again. */
export async function play(
  stage: Stage,
  operation: Operation,
  fault: Fault,
  usual: readonly string[],
): Promise<Cell> {
  for (let measurement = 1; ; measurement += 1) {
    const cell = await playOnce(stage, operation, fault, usual);
    const isPaused = (cell.outcome === '504' && !isSlow(fault)) || cell.wrong.some((what) => SLOW.test(what));
    if (!isPaused || measurement === MEASUREMENTS) return cell;
  }
}

function isSlow({ name }: Fault): boolean {
  return name === 'no answer in time' || name === 'a slow drip';
}

/** The fault lasts for one call; then the caller repeats what failed, which must work and leave the ledger as if nothing had been. */
async function playOnce(
  stage: Stage,
  operation: Operation,
  fault: Fault,
  usual: readonly string[],
): Promise<Cell> {
  const wrong: string[] = [];
  const { call, events } = await operation.prepare(stage, operation.unit);
  const neighbour = isSlow(fault) ? await operation.prepare(stage, NEIGHBOUR) : undefined;
  const before = await events();
  const id = randomUUID();

  await stage.spoil(operation.server, fault, operation.path, isSlow(fault) ? 1 : Infinity);
  const started = performance.now();
  const asked = call(id);
  const isHit = await eventually(
    () => Promise.resolve(stage.proxies[operation.server].spoiled > 0),
    Boolean,
    fault.nameless === true ? 0 : BUDGET_MS,
  );
  if (!isHit && fault.nameless !== true) wrong.push('the fault hit nothing');
  wrong.push(...(await besides(stage)));
  if (neighbour !== undefined) {
    const { result } = await timed(() => neighbour.call(randomUUID()));
    if (result.status > 299)
      wrong.push(`a neighbour at the same partner got ${result.status} ${result.text}`);
  }
  const answer = await asked;
  const tookMs = performance.now() - started;
  stage.heal(operation.server);

  if (tookMs > BUDGET_MS + MARGIN_MS) wrong.push(`took ${Math.round(tookMs)} ms`);
  const outcome = outcomeOf(answer);
  if (outcome !== 'ok') {
    if (FOR_THE_LOG.test(answer.text)) wrong.push(`the answer says ${answer.text}`);
    const after = await events();
    if (after.join() !== before.join()) wrong.push(`the ledger has ${after.join(' ')} of a failure`);
    const again = await call(randomUUID());
    if (again.status > 299) wrong.push(`repeated, it got ${again.status} ${again.text}`);
  }
  const final = await events();
  if (final.join() !== usual.join()) wrong.push(`the ledger has ${final.join(' ')}, not ${usual.join(' ')}`);
  return {
    ...{ operation: operation.name, fault: fault.name, outcome, wrong, tookMs },
    logged: answer.status >= 500 ? id : undefined,
  };
}

/** What is wrong with the way another unit is served while a partner fails. */
async function besides(stage: Stage): Promise<string[]> {
  const authorization = backOffice(NEIGHBOUR);
  const request = { method: 'GET', path: '/v1/submissions?limit=1', authorization } as const;
  for (let measurement = 1; ; measurement += 1) {
    const { result, tookMs } = await timed(() => ask(stage, request, randomUUID()));
    if (result.status === 200 && tookMs < NEIGHBOUR_MS) return [];
    if (result.status === 200 && measurement < MEASUREMENTS) continue;
    return [`a neighbour got ${result.status} after ${tookMs} ms`];
  }
}

/** A try at an endpoint of a unit may take 15 s. */
const FIRST_WITHIN_MS = 40_000;
/** A channel rests for 10 s at a time. */
const END_WITHIN_MS = 40_000;

/** The fault lasts for the first try; then the errand must end as it should, and the next one must work. */
export async function playErrand(stage: Stage, errand: Errand, trouble: Trouble): Promise<Cell> {
  const wrong: string[] = [];
  await trouble.start();
  const begun = await errand.begin(stage);
  const started = performance.now();
  if (!(await eventually(() => Promise.resolve(trouble.isMet()), Boolean, FIRST_WITHIN_MS)))
    wrong.push('the fault hit nothing');
  wrong.push(...(await besides(stage)));
  const outcome =
    (await eventually(begun.first, (first) => first !== undefined, FIRST_WITHIN_MS)) ?? 'never tried';
  const tookMs = performance.now() - started;
  trouble.stop();
  const end = await ended(begun);
  const { count, marked } = await begun.copies();
  if (end === 'arrived' && count === 0 && outcome !== 'ok')
    wrong.push('it is said to have arrived, and did not');
  if (count > 1 && !marked) wrong.push(`it came ${count} times, unmarked`);
  const next = await ended(await errand.begin(stage));
  if (next !== 'arrived') wrong.push(`the next one ${next ?? 'hangs'}`);
  const words = end === 'arrived' || end === outcome ? outcome : `${outcome}, ${end ?? 'hangs'}`;
  return {
    ...{ operation: errand.name, fault: trouble.name, outcome: words, wrong, tookMs },
    logged: outcome === 'ok' ? undefined : await begun.name(),
  };
}

function ended(begun: Begun): Promise<string | undefined> {
  return eventually(begun.end, (end) => end !== undefined, END_WITHIN_MS);
}

/** The events of an undisturbed call; the first ones of a process take long. */
export async function undisturbed(stage: Stage, operation: Operation): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const { call, events } = await operation.prepare(stage, operation.unit);
    const answer = await call(randomUUID());
    if (answer.status < 300) return events();
    if (attempt === MEASUREMENTS) throw new Error(`undisturbed: ${answer.status} ${answer.text}`);
  }
}

async function timed<T>(act: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  const started = performance.now();
  const result = await act();
  return { result, tookMs: Math.round(performance.now() - started) };
}
