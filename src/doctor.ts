import './node-version';
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type DynamicModule, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { isTaskCancelledError, timeout, TimeoutStrategy } from 'cockatiel';
import { declarations, variablesOfOthers } from './app.module';
import {
  authSettings,
  REASONS,
  SIMAS_ID_CHECKUP,
  TOKEN_EXPLAINER,
  TokenExplainer,
  type TokenExplanation,
} from './auth';
import { BusinessUnitsModule, readBusinessUnits } from './business-units';
import { COMMON_KYC_CHECKUP } from './common-kyc';
import { GTF_CHECKUP } from './gtf';
import { OTP_CHECKUP } from './otp-webhook';
import { Checkup, diagnosis, type HandOver, type Trial, Untried, Warning } from './platform/checkup';
import {
  ConfigurationError,
  processEnvironment,
  readSettings,
  type SettingsDeclaration,
  SettingsModule,
  type SettingsRegistry,
} from './platform/config';
import { DatabaseCheckup, databaseSettings } from './platform/database';
import { HealthModule } from './platform/health';
import { createLog, LoggingModule } from './platform/logging';
import { MetricsModule } from './platform/metrics';
import { OutboundModule } from './platform/outbound';
import { Deadline, TimeModule } from './platform/time';
import { type CheckMark, type CheckResult, type Examination, reasonsAgainst } from './production-readiness';
import { SATUSEHAT_CHECKUP } from './satusehat';
import { UNIT_EVENTS_CHECKUP } from './unit-events';

/** sysexits.h: something is wrong with the configuration; the command was not understood. */
const [EX_CONFIG, EX_USAGE] = [78, 64];
const CANNOT_TELL = 2;
const USAGE = `npm run doctor                      tries what is configured against the real world
npm run doctor -- --token TOKEN     what is made of an access token, rule by rule; - reads it from standard input, @FILE from a file
`;
const TRIAL_WITHIN_MS = 10_000;
/** Beyond a trial's deadline: what noticing it may take. */
const SETTLING_MS = 1_000;
/** One partner that never lets go must not keep the findings about the others. */
const trialTime = timeout(TRIAL_WITHIN_MS + SETTLING_MS, TimeoutStrategy.Aggressive);

interface Feature {
  readonly subject: string;
  /** A checkup, and what it is made of. */
  readonly providers: Type[];
  /** Without it nothing can be tried. */
  readonly needs?: readonly [SettingsDeclaration, variable: string];
}

/** In this order they are shown. */
const FEATURES: readonly Feature[] = [
  { subject: 'PostgreSQL', providers: [DatabaseCheckup], needs: [databaseSettings, 'DATABASE_URL'] },
  { subject: 'SIMAS-ID', providers: SIMAS_ID_CHECKUP, needs: [authSettings, 'SIMAS_ID_BASE_URL'] },
  { subject: 'one-time codes', providers: OTP_CHECKUP },
  { subject: 'Common KYC', providers: COMMON_KYC_CHECKUP },
  { subject: 'GTF', providers: GTF_CHECKUP },
  { subject: 'SATUSEHAT', providers: SATUSEHAT_CHECKUP },
  { subject: 'events', providers: UNIT_EVENTS_CHECKUP },
];

/** The program without its doors and workers: nothing listens, nothing is migrated, nothing is stored. */
@Module({})
class DoctorModule {
  /** A program for each feature: one that cannot be configured keeps no other from being tried. */
  static with(registry: SettingsRegistry, providers: Type[]): DynamicModule {
    const imports = [
      SettingsModule.forRoot(registry),
      LoggingModule.forRoot(createLog('silent')),
      TimeModule,
      HealthModule,
      MetricsModule,
      OutboundModule,
      BusinessUnitsModule,
    ];
    return { module: DoctorModule, imports, providers };
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { token } = parseArgs({ args: [...args], options: { token: { type: 'string' } } }).values;
  const environment = processEnvironment();
  const businessUnits = readBusinessUnits(environment);
  const { registry, problems: found } = readSettings(
    declarations,
    businessUnits,
    environment,
    variablesOfOthers,
  );
  if (token !== undefined) return await explain(token, registry, found);
  const problems = new Set(found);
  const checkups: Checkup[] = [];
  const untried: Trial[] = [];
  for (const { subject, providers, needs } of businessUnits.length === 0 ? [] : FEATURES) {
    if (needs !== undefined && registry.of(needs[0]).values[needs[1]] === undefined)
      untried.push(notTried(subject, needs[1]));
    else
      await checkupsOf(registry, providers).then(
        (theirs) => checkups.push(...theirs),
        (error: unknown) => {
          if (!(error instanceof ConfigurationError)) throw error;
          error.problems.forEach((problem) => problems.add(problem));
        },
      );
  }
  for (const problem of problems) say(`FAIL  ${problem}`);
  const results = await examineAll([...untried, ...checkups.flatMap((checkup) => checkup.trials())]);
  if (found.some((problem) => problem.startsWith('PUBLIC_URL ')))
    say('\nWhat to tell the partners depends on PUBLIC_URL.');
  else printHandOvers(checkups.flatMap((checkup) => checkup.handOvers()));
  const examination = { businessUnits, environment, registry, problems: [...problems], results };
  for (const unit of businessUnits) printVerdict(unit, examination);
  const count = (wanted: CheckMark): number => results.filter(({ mark }) => mark === wanted).length;
  const warnings = count('WARN') === 0 ? '' : `, ${count('WARN')} with a warning`;
  say(
    `\n${results.length} checks: ${count('ok')} hold, ${count('FAIL')} do not, ${count('--')} not tried${warnings}`,
  );
  if (problems.size > 0) return EX_CONFIG;
  return count('FAIL') === 0 ? 0 : 1;
}

/** @param problems of the whole configuration; those of what judges tokens are in the way */
async function explain(
  given: string,
  registry: SettingsRegistry,
  problems: readonly string[],
): Promise<number> {
  const inTheWay = problems.filter((problem) => /^(SIMAS_ID_(BASE_URL|ISSUER)|BUSINESS_UNITS)/.test(problem));
  if (inTheWay.length > 0) throw new ConfigurationError(inTheWay);
  const explainer = (await programOf(registry, TOKEN_EXPLAINER)).get(TokenExplainer);
  const explanation = await explainer.explain(readToken(given), Deadline.after(TRIAL_WITHIN_MS));
  explanationLines(explanation).forEach(say);
  if (explanation.refusal === undefined) return CANNOT_TELL;
  return explanation.refusal === null ? 0 : 1;
}

/** A token as it was given: itself, `-` for standard input, `@FILE` for a file, so that it stands in no shell's history. */
function readToken(given: string): string {
  const file = given === '-' ? 0 : given.startsWith('@') ? given.slice(1) : undefined;
  const text = file === undefined ? given : readFileSync(file, 'utf8');
  return text.trim().replace(/^(authorization: *)?bearer +/i, '');
}

/** What the gateway makes of a token, a rule a line, and what it answers. */
function explanationLines({ results, refusal, businessUnit }: TokenExplanation): string[] {
  const lines = results.map(({ about, found, wanted, reason }) => {
    const mark = reason === null ? 'ok' : reason === undefined ? '--' : 'FAIL';
    const why = typeof reason === 'string' ? `: ${reason}` : '';
    return `${mark.padEnd(4)}  ${about.padEnd(18)}  ${found}\n${' '.repeat(26)}wanted: ${wanted}${why}`;
  });
  return [...lines, '', verdict(refusal, businessUnit)];
}

function verdict(refusal: TokenExplanation['refusal'], businessUnit = ''): string {
  if (refusal === null) return `TAKEN: the token is good, for people of ${businessUnit}`;
  if (refusal === undefined) return 'CANNOT TELL: the gateway answers 503 while SIMAS-ID is away';
  return `REFUSED: 401 invalid_token, error_description="${refusal}": ${REASONS[refusal]}`;
}

function programOf(registry: SettingsRegistry, providers: Type[]): Promise<INestApplicationContext> {
  const options = { logger: false, abortOnError: false } as const;
  return NestFactory.createApplicationContext(DoctorModule.with(registry, providers), options);
}

async function checkupsOf(registry: SettingsRegistry, providers: Type[]): Promise<Checkup[]> {
  const program = await programOf(registry, providers);
  return providers.flatMap((provider) => {
    const instance: unknown = program.get(provider);
    return instance instanceof Checkup ? [instance] : [];
  });
}

function notTried(subject: string, missing: string): Trial {
  const run = (): Promise<string> => Promise.reject(new Untried(`not tried without ${missing}`));
  return { businessUnit: null, subject, run };
}

function printVerdict(unit: string, examination: Examination): void {
  const reasons = reasonsAgainst(unit, examination);
  say(`\n${unit}: ${reasons.length === 0 ? '' : 'not '}ready for production`);
  for (const reason of reasons) say(`  - ${reason}`);
  for (const { mark, businessUnit, subject, words } of examination.results)
    if (mark === 'WARN' && businessUnit === unit) say(`  - warning: ${subject}: ${words}`);
}

/** All at once, shown in their order. */
async function examineAll(trials: readonly Trial[]): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const examination of trials.map(examine)) {
    const result = await examination;
    const about = `${(result.businessUnit ?? 'all').padEnd(12)}  ${result.subject.padEnd(20)}`;
    say(`${result.mark.padEnd(4)}  ${about}  ${result.words}`);
    results.push(result);
  }
  return results;
}

async function examine({ businessUnit, subject, run }: Trial): Promise<CheckResult> {
  try {
    const words = await trialTime.execute(() => run(Deadline.after(TRIAL_WITHIN_MS)));
    return { businessUnit, subject, mark: 'ok', words };
  } catch (error) {
    const words = isTaskCancelledError(error) ? 'no answer in time' : diagnosis(error);
    return { businessUnit, subject, mark: markOf(error), words };
  }
}

function markOf(error: unknown): CheckMark {
  if (error instanceof Warning) return 'WARN';
  return error instanceof Untried ? '--' : 'FAIL';
}

function problemsIn(error: unknown): readonly string[] {
  return error instanceof ConfigurationError ? error.problems : [diagnosis(error)];
}

function printHandOvers(handOvers: readonly HandOver[]): void {
  say('\nTo tell the partners, secrets on a separate way:');
  for (const { partner, businessUnit, facts } of handOvers)
    for (const [name, value] of Object.entries(facts))
      say(`      ${businessUnit.padEnd(12)}  ${`${partner}: ${name}`.padEnd(26)}  ${value}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
    // A connection that nobody waits for any more does not hold up the end.
    setTimeout(() => process.exit(), SETTLING_MS).unref();
  },
  (error: unknown) => {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      process.stderr.write(`${error.message}\n${USAGE}`);
      process.exitCode = EX_USAGE;
      return;
    }
    for (const problem of problemsIn(error)) say(`FAIL  ${problem}`);
    process.exitCode = error instanceof ConfigurationError ? EX_CONFIG : 1;
  },
);
