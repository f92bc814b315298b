import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { PgBoss, type Queue } from 'pg-boss';
import { pgboss } from 'pg-boss/package.json';
import type { Progress } from './sql-migrations';

/** A queue as migrations make it; how it works follows the program that works on it. */
export type QueueName = Pick<Queue, 'name' | 'policy'>;

const STEP = 'job queue (pg-boss)';
const LOOK_EVERY_MS = 5_000;

/** pg-boss as a tool of the schema: it works on nothing. */
function schemaTool(client: Client): PgBoss {
  const executeSql = async (text: string, values?: unknown[]): Promise<{ rows: object[] }> => {
    // Of several statements in one text each has an answer.
    const answers = [await client.query<object>(text, values)].flat();
    return { rows: answers.flatMap(({ rows }) => rows) };
  };
  const boss = new PgBoss({
    db: { executeSql },
    schedule: false,
    supervise: false,
    registerInstance: false,
    bamIntervalSeconds: 10,
  });
  boss.on('error', () => undefined); // of an index that is built in the background: its status tells
  return boss;
}

/** What pg-boss's schema still lacks. It may be newer than this version's. */
export async function pendingQueues(client: Client, queues: readonly QueueName[]): Promise<string[]> {
  const boss = schemaTool(client);
  if (!(await boss.isInstalled()) || ((await boss.schemaVersion()) ?? 0) < pgboss.schema) return [STEP];
  const made = (await boss.getQueues()).map(({ name }) => name);
  return queues.flatMap(({ name }) => (made.includes(name) ? [] : [`queue ${name}`]));
}

/** Makes pg-boss's schema and the queues, as their owner. */
export async function makeQueues(
  client: Client,
  queues: readonly QueueName[],
  progress: Progress,
): Promise<void> {
  const began = performance.now();
  const boss = schemaTool(client);
  await boss.start();
  try {
    for (const { name, policy = 'standard' } of queues) await boss.createQueue(name, { policy });
    await untilBuilt(boss, progress);
  } finally {
    await boss.stop({ close: false });
  }
  progress.applied(STEP, performance.now() - began);
}

/** Indexes of a newer schema are built without holding up those who use the table. */
async function untilBuilt(boss: PgBoss, progress: Progress): Promise<void> {
  for (let wait = 100; ; wait = LOOK_EVERY_MS) {
    const states = (await boss.getBamStatus()).map(({ status }) => status);
    if (states.includes('failed'))
      throw new Error('an index of the job queue could not be built: run this again');
    if (states.every((status) => status === 'completed')) return;
    progress.waiting('for indexes of the job queue');
    await sleep(wait);
  }
}

/** Whether a newer version has already changed pg-boss's schema, as after a return to this one. */
export function isNewerThanOurs(version: number | null): boolean {
  return (version ?? 0) > pgboss.schema;
}
