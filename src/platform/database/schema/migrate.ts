import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { type DatabaseAddress, loneConnection } from '../connection';
import { renewGrants } from './grants';
import { makeQueues, pendingQueues, type QueueName } from './job-queues';
import type { Ask, Progress } from './progress';
import { pendingSql, runSql } from './sql-migrations';

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

/** What the database still lacks, in the order in which it is made. */
export function pendingSteps(address: DatabaseAddress, schema: Schema): Promise<string[]> {
  return connected(address, (client) => pending(client, schema));
}

/**
 * Makes what is pending; of many processes at once, one does it and the others wait.
 * @param grantRole gets what the program needs, now and after every later migration
 */
export async function migrate(
  address: DatabaseAddress,
  schema: Schema,
  progress: Progress,
  grantRole?: string,
): Promise<void> {
  await connected(address, async (client) => {
    await client.query('SET statement_timeout = 0');
    await lock(client, progress);
    if ((await pendingSql(asking(client), schema.folder)).length > 0)
      await runSql(address, progress, schema.folder);
    if ((await pendingQueues(asking(client), schema.queues)).length > 0)
      await makeQueues(asking(client), schema.queues, progress);
    await renewGrants(client, grantRole);
  });
}

async function pending(client: Client, { queues, folder }: Schema): Promise<string[]> {
  const ask = asking(client);
  return [...(await pendingSql(ask, folder)), ...(await pendingQueues(ask, queues))];
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

function asking(client: Client): Ask {
  // Of several statements in one text, as pg-boss sends them, each has an answer.
  return async (sql, values) =>
    [await client.query<Record<string, unknown>>(sql, values)].flat().flatMap(({ rows }) => rows);
}
