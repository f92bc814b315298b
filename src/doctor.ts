import './node-version';
import 'reflect-metadata';
import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { isTaskCancelledError, timeout, TimeoutStrategy } from 'cockatiel';
import { declarations, variablesOfOthers } from './app.module';
import { SIMAS_ID_CHECKUP } from './auth';
import { BusinessUnitsModule, readBusinessUnits } from './business-units';
import { COMMON_KYC_CHECKUP } from './common-kyc';
import { GTF_CHECKUP } from './gtf';
import { OTP_CHECKUP } from './otp-webhook';
import { Checkup, diagnosis, type HandOver, type Trial, Untried, Warning } from './platform/checkup';
import { ConfigurationError, loadSettings, processEnvironment, SettingsModule } from './platform/config';
import { DatabaseCheckup } from './platform/database';
import { createLog, LoggingModule } from './platform/logging';
import { MetricsModule } from './platform/metrics';
import { OutboundModule } from './platform/outbound';
import { Deadline, TimeModule } from './platform/time';
import { SATUSEHAT_CHECKUP } from './satusehat';

/** sysexits.h: something is wrong with the configuration. */
const EX_CONFIG = 78;
const TRIAL_WITHIN_MS = 10_000;
/** Beyond a trial's deadline: what noticing it may take. */
const SETTLING_MS = 1_000;
/** One partner that never lets go must not keep the findings about the others. */
const trialTime = timeout(TRIAL_WITHIN_MS + SETTLING_MS, TimeoutStrategy.Aggressive);

type CheckMark = 'ok' | 'FAIL' | 'WARN' | '--';

/** A checkup from each feature; in this order they are shown. */
const CHECKUPS = [
  DatabaseCheckup,
  ...SIMAS_ID_CHECKUP,
  ...OTP_CHECKUP,
  ...COMMON_KYC_CHECKUP,
  ...GTF_CHECKUP,
  ...SATUSEHAT_CHECKUP,
];

/** The program without its doors and workers: nothing listens, nothing is migrated, nothing is stored. */
@Module({ providers: CHECKUPS })
class DoctorModule {
  static create(): DynamicModule {
    const environment = processEnvironment();
    const units = readBusinessUnits(environment);
    const registry = loadSettings(declarations, units, environment, variablesOfOthers);
    const imports = [
      SettingsModule.forRoot(registry),
      LoggingModule.forRoot(createLog('silent')),
      TimeModule,
      MetricsModule,
      OutboundModule,
      BusinessUnitsModule,
    ];
    return { module: DoctorModule, imports };
  }
}

async function main(): Promise<number> {
  const options = { logger: false, abortOnError: false } as const;
  const program = await NestFactory.createApplicationContext(DoctorModule.create(), options);
  const checkups = CHECKUPS.flatMap((provider) => checkupOf(program, provider));
  const marks = await examineAll(checkups.flatMap((checkup) => checkup.trials()));
  printHandOvers(checkups.flatMap((checkup) => checkup.handOvers()));
  const count = (wanted: CheckMark): number => marks.filter((mark) => mark === wanted).length;
  const warnings = count('WARN') === 0 ? '' : `, ${count('WARN')} with a warning`;
  say(
    `\n${marks.length} checks: ${count('ok')} hold, ${count('FAIL')} do not, ${count('--')} not tried${warnings}`,
  );
  await program.close();
  return count('FAIL') === 0 ? 0 : 1;
}

function checkupOf(program: INestApplicationContext, provider: (typeof CHECKUPS)[number]): Checkup[] {
  const instance: unknown = program.get(provider);
  return instance instanceof Checkup ? [instance] : [];
}

/** All at once, shown in their order. */
async function examineAll(trials: readonly Trial[]): Promise<readonly CheckMark[]> {
  const findings = trials.map((trial) => ({ trial, finding: examine(trial) }));
  const marks: CheckMark[] = [];
  for (const { trial, finding } of findings) {
    const { mark, words } = await finding;
    const about = `${(trial.businessUnit ?? 'all').padEnd(12)}  ${trial.subject.padEnd(20)}`;
    say(`${mark.padEnd(4)}  ${about}  ${words}`);
    marks.push(mark);
  }
  return marks;
}

async function examine(trial: Trial): Promise<{ readonly mark: CheckMark; readonly words: string }> {
  try {
    const words = await trialTime.execute(() => trial.run(Deadline.after(TRIAL_WITHIN_MS)));
    return { mark: 'ok', words };
  } catch (error) {
    const words = isTaskCancelledError(error) ? 'no answer in time' : diagnosis(error);
    return { mark: markOf(error), words };
  }
}

function markOf(error: unknown): CheckMark {
  if (error instanceof Warning) return 'WARN';
  return error instanceof Untried ? '--' : 'FAIL';
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

main().then(
  (code) => {
    process.exitCode = code;
    // A connection that nobody waits for any more does not hold up the end.
    setTimeout(() => process.exit(), SETTLING_MS).unref();
  },
  (error: unknown) => {
    const problems = error instanceof ConfigurationError ? error.problems : [diagnosis(error)];
    for (const problem of problems) say(`FAIL  ${problem}`);
    process.exitCode = error instanceof ConfigurationError ? EX_CONFIG : 1;
  },
);
