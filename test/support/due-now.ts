/** Asks the gateway's database beside the gateway. */
type Query = (sql: string, values: readonly unknown[]) => Promise<readonly object[]>;

/** Where pg-boss tells its workers of jobs: named after the schema that it is in. */
const CHANNEL = `'pgboss_' || left(encode(sha224('pgboss'), 'hex'), 24)`;

/**
 * Lets time pass for the jobs of a queue, or for those of one submission: what is planned for later is due, and the workers are
 * told, who would look by themselves within two seconds. Returns how many jobs that were.
 */
export async function dueNow(query: Query, queue: string, submissionId?: string): Promise<number> {
  const due = await query(
    `UPDATE pgboss.job SET start_after = now() WHERE name = $1 AND state < 'active' AND ($2::text IS NULL OR data->>'submissionId' = $2)
     RETURNING id`,
    [queue, submissionId],
  );
  await query(`SELECT pg_notify(${CHANNEL}, $1)`, [queue]);
  return due.length;
}
