import type { Client } from 'pg';

/** Values of one table that are sealed under one of `DATA_ENCRYPTION_KEYS`. */
export interface SealedValues {
  readonly table: string;
  readonly keyId: string;
  readonly count: number;
}

/**
 * Counts what is sealed under which key, in every table: a column `…key_id` beside the bytes it opens, `…sealed` or `wrapped_key`,
 * is how tables name a key, so that a new one is counted from the day it is made.
 */
export async function sealedValues(client: Client): Promise<SealedValues[]> {
  const { rows } = await client.query<{ count_them: string }>(
    `SELECT format('SELECT %L AS "table", %I AS "keyId", count(*)::integer AS count FROM %I WHERE %I IS NOT NULL GROUP BY 2',
              k.table_name, k.column_name, k.table_name, k.column_name) AS count_them
       FROM information_schema.columns k
      WHERE k.table_schema = current_schema() AND k.column_name LIKE '%key\\_id' AND EXISTS (
        SELECT FROM information_schema.columns s
         WHERE s.table_schema = k.table_schema AND s.table_name = k.table_name AND s.data_type = 'bytea'
           AND s.column_name IN (replace(k.column_name, 'key_id', 'sealed'), 'wrapped_key'))`,
  );
  if (rows.length === 0) return [];
  const all = rows.map((row) => row.count_them).join(' UNION ALL ');
  return (await client.query<SealedValues>(`${all} ORDER BY 1, 2`)).rows;
}

/**
 * Which keys are still needed, so that one that is not can be taken out.
 * @param configured ids of `DATA_ENCRYPTION_KEYS`, the sealing one first
 * @throws Error when something is sealed under a key that is not configured
 */
export function keysInUse(values: readonly SealedValues[], configured: readonly string[]): string {
  const [current] = configured;
  const under = (keyId: string): string =>
    values
      .filter((one) => one.keyId === keyId)
      .map(({ table, count }) => `${count} of ${table}`)
      .join(', ');
  const ids = [...new Set(values.map(({ keyId }) => keyId))];
  const missing = ids.filter((id) => !configured.includes(id));
  if (missing.length > 0)
    throw new Error(
      `sealed under keys that are not configured: ${missing.map((id) => `${id} (${under(id)})`).join('; ')}`,
    );
  const older = ids.filter((id) => id !== current);
  return older.length === 0
    ? `nothing is sealed but under ${current}`
    : older.map((id) => `${id} is still needed: ${under(id)}`).join('; ');
}
