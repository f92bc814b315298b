import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { ConfigurationError } from '../../config';
import type { Log } from '../../logging';
import { type DatabaseAddress, databaseAddress, loneConnection, migrationAddress } from '../connection';
import type { DatabaseSettings } from '../database.settings';
import { whenThere } from '../readiness';
import { unmetRequirement } from '../server-requirements';
import { renewGrants } from './grants';
import { makeQueues, pendingQueues, type QueueName } from './job-queues';
import { pendingSql, type Progress, runSql } from './sql-migrations';

/** Any number all processes agree on: "kyc" in ASCII. */
const MIGRATION_LOCK = 0x6b7963;
const TRY_EVERY_MS = 250;
const SAY_EVERY_MS = 5_000;

/** What a version needs in its database. */
export interface Schema {
  readonly queues: readonly QueueName[];
  /** Where the SQL files are, if elsewhere. */
  readonly folder?: string;
}

/**
 * At the start of a program: what the schema lacks is made, or keeps it from starting.
 * @throws ConfigurationError that names what is pending and the command, or what the server lacks
 */
export function prepareSchema(
  settings: DatabaseSettings,
  schema: Schema,
  migrations: 'start' | 'check',
  log: Log,
): Promise<void> {
  const isAway = (reason: string): void => log.warn('waiting for the database', { reason });
  return whenThere(isAway, async () => {
    const address = databaseAddress(settings);
    await refuseUnfit('DATABASE_URL', address);
    const pending = await pendingSteps(address, schema);
    if (pending.length === 0) return;
    if (migrations === 'check')
      throw new ConfigurationError([
        `the database lacks what this version needs (${pending.join(', ')}): run "npm run migrate" (node dist/migrate.js) first`,
      ]);
    await migrateAsOwner(settings, schema, {
      applied: (step, ms) => log.info('migration applied', { step, ms: Math.round(ms) }),
      waiting: (words) => log.info(`waiting ${words}`),
    });
  });
}

/** As a step of its own. */
export function migrateByHand(
  settings: DatabaseSettings,
  schema: Schema,
  progress: Progress,
  grantRole?: string,
): Promise<void> {
  const isAway = (reason: string): void => progress.waiting(`for the database: ${reason}`);
  return whenThere(isAway, () => migrateAsOwner(settings, schema, progress, grantRole));
}

async function migrateAsOwner(
  settings: DatabaseSettings,
  schema: Schema,
  progress: Progress,
  grantRole?: string,
): Promise<void> {
  const address = migrationAddress(settings);
  const variable = settings.values.DATABASE_MIGRATION_URL ? 'DATABASE_MIGRATION_URL' : 'DATABASE_URL';
  await refuseUnfit(variable, address);
  await migrate(address, schema, progress, grantRole);
}

async function refuseUnfit(variable: string, address: DatabaseAddress): Promise<void> {
  const unmet = await unmetRequirement(address);
  if (unmet !== null) throw new ConfigurationError([`${variable} ${unmet}`]);
}

/** What the database still lacks, in the order in which it is made. */
export function pendingSteps(address: DatabaseAddress, { queues, folder }: Schema): Promise<string[]> {
  return connected(address, async (client) => [
    ...(await pendingSql(client, folder)).map(({ file }) => file),
    ...(await pendingQueues(client, queues)),
  ]);
}

/**
 * Makes what is pending; of many processes at once, one does it and the others wait.
 * @param grantRole gets what the program needs, now and after every later migration
 */
export async function migrate(
  address: DatabaseAddress,
  { queues, folder }: Schema,
  progress: Progress,
  grantRole?: string,
): Promise<void> {
  await connected(address, async (client) => {
    await client.query('SET statement_timeout = 0'); // an index over many rows takes its time
    await lock(client, progress);
    await runSql(client, progress, folder);
    if ((await pendingQueues(client, queues)).length > 0) await makeQueues(client, queues, progress);
    await renewGrants(client, grantRole);
  });
}

/** Asked again and again: a statement that waits holds back what others do without a transaction, such as building an index. */
async function lock(client: Client, progress: Progress): Promise<void> {
  const began = performance.now();
  const isFree = async (): Promise<boolean> =>
    (await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [MIGRATION_LOCK])).rows[0]
      ?.got === true;
  for (let said = 0; !(await isFree()); await sleep(TRY_EVERY_MS)) {
    const times = Math.floor((performance.now() - began) / SAY_EVERY_MS);
    if (times > said)
      progress.waiting(`for the migrations of another process (${(times * SAY_EVERY_MS) / 1000} s)`);
    said = times;
  }
}

/** With the connection the lock ends, too. */
async function connected<T>(address: DatabaseAddress, use: (client: Client) => Promise<T>): Promise<T> {
  const client = loneConnection(address, { application_name: 'kyc-gateway migrations' });
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}
