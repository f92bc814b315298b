import './node-version';
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { queues } from './app.module';
import { ConfigurationError, loadSettings, processEnvironment } from './platform/config';
import { databaseSettings, migrateByHand } from './platform/database';

const USAGE = `npm run migrate [-- --grant ROLE]
  Makes what this version needs in the database of DATABASE_MIGRATION_URL, else DATABASE_URL, as its owner.
  --grant ROLE   gives that role what the gateway needs, now and after every later migration: it can be the user of
                 DATABASE_URL, and can change neither the schema nor what the ledger holds
`;

/** sysexits.h: something is wrong with the configuration. */
const EX_CONFIG = 78;

async function main(args: string[]): Promise<number> {
  const role = roleOf(args);
  if (role === null) {
    process.stderr.write(USAGE);
    return 1;
  }
  const settings = loadSettings([databaseSettings], [], processEnvironment()).of(databaseSettings);
  const began = performance.now();
  let steps = 0;
  const applied = (step: string, ms: number): void => {
    steps += 1;
    say(`${step.padEnd(44)} ${ms.toFixed(0).padStart(7)} ms`);
  };
  await migrateByHand(settings, { queues }, { applied, waiting: (words) => say(`waiting ${words}`) }, role);
  if (role !== undefined) say(`${role} has what the gateway needs`);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(steps === 0 ? 'Up to date: nothing was pending' : `Up to date: ${steps} applied in ${seconds} s`);
  return 0;
}

/** Whom to grant; undefined is nobody, null a command that is not understood. */
function roleOf(args: string[]): string | undefined | null {
  try {
    const { grant } = parseArgs({ args, options: { grant: { type: 'string' } } }).values;
    return grant === '' ? null : grant;
  } catch {
    return null;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const problems = error instanceof ConfigurationError ? error.problems : [];
    const reason = error instanceof Error ? error.message : 'unknown error';
    process.stderr.write(`Not migrated: ${[reason, ...problems].join('\n  - ')}\n`);
    process.exitCode = problems.length > 0 ? EX_CONFIG : 1;
  },
);
