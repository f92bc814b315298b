import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { codeOf } from '../readiness';

/** `migrations/` at the top of the repository, the same distance from `src/` and from `dist/`. */
const FOLDER = resolve(__dirname, '../../../../migrations');
const FILE = /^(\d{13})-([a-z0-9-]+)\.sql$/;
/** The first line of a file that PostgreSQL refuses inside a transaction: one statement, as `CREATE INDEX CONCURRENTLY`. */
const WITHOUT_TRANSACTION = '-- transaction: none\n';
/** A statement that waits for its lock makes everybody behind it wait: it lets them pass, and tries again. */
const LOCK_WITHIN_MS = 3_000;
const LOCK_NOT_AVAILABLE = '55P03';
const MAX_TRIES = 20;
const TRY_AGAIN_MS = 1_000;

/** Who hears how far the migrations are. */
export interface Progress {
  applied(step: string, ms: number): void;
  /** @param words what for, as in "waiting for …" */
  waiting(words: string): void;
}

/** Plain SQL, forward only: what a reviewer reads is what runs. */
interface SqlMigration {
  readonly file: string;
  readonly timestamp: string;
  /** Tells the text, too: a file that changes after it ran is another migration. */
  readonly name: string;
  readonly sql: string;
}

function sqlMigrations(folder: string): SqlMigration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return files.sort().map((file) => {
    const [, timestamp, title] = FILE.exec(file) ?? [];
    if (timestamp === undefined || title === undefined)
      throw new Error(`migrations/${file}: the name must be <13 digits>-<words>.sql`);
    const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
    const digest = createHash('sha256').update(sql).digest('hex').slice(0, 8);
    return { file, timestamp, name: `${title}-${digest}-${timestamp}`, sql };
  });
}

/**
 * The migrations that the database still lacks. It may have had newer ones than this version knows: those of the version that comes
 * after it.
 *
 * @throws Error when it was made by others than this version's
 */
export async function pendingSql(client: Client, folder = FOLDER): Promise<SqlMigration[]> {
  const { rowCount } = await client.query(`SELECT WHERE to_regclass('migration') IS NOT NULL`);
  const { rows } =
    rowCount === 0 ? { rows: [] } : await client.query<{ name: string }>('SELECT name FROM migration');
  const ran = rows.map(({ name }) => name);
  const ours = sqlMigrations(folder);
  const newest = ours.at(-1)?.timestamp ?? '';
  const foreign = ran.find((name) => !ours.some((own) => own.name === name) && name.slice(-13) <= newest);
  if (foreign !== undefined)
    throw new Error(
      `it was made before the first release, by migrations that this version does not have (${foreign}), and cannot be used ` +
        'any more: drop it, or give DATABASE_URL an empty one',
    );
  return ours.filter(({ name }) => !ran.includes(name));
}

/** Runs what is pending; nobody else does meanwhile. */
export async function runSql(client: Client, progress: Progress, folder = FOLDER): Promise<void> {
  await client.query(
    'CREATE TABLE IF NOT EXISTS migration (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)',
  );
  for (const migration of await pendingSql(client, folder))
    for (let tries = 1; ; tries += 1) {
      const began = performance.now();
      try {
        await apply(client, migration);
        progress.applied(migration.file, performance.now() - began);
        break;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        if (codeOf(error) !== LOCK_NOT_AVAILABLE || tries === MAX_TRIES) throw named(error, migration);
        progress.waiting('for a table that others use');
        await sleep(TRY_AGAIN_MS);
      }
    }
}

async function apply(client: Client, { sql, name, timestamp }: SqlMigration): Promise<void> {
  const isWhole = !sql.startsWith(WITHOUT_TRANSACTION);
  if (isWhole) await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_WITHIN_MS}`);
  await client.query(sql);
  await client.query('INSERT INTO migration ("timestamp", name) VALUES ($1, $2)', [timestamp, name]);
  if (isWhole) await client.query('COMMIT');
}

/** The same failure, with the file that it is in. */
function named(error: unknown, { file }: SqlMigration): Error {
  const words = error instanceof Error ? error.message : 'unknown error';
  return Object.assign(new Error(`migrations/${file}: ${words}`, { cause: error }), { code: codeOf(error) });
}
