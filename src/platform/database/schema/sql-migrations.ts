import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { AbstractLogger, DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { CONNECT_WITHIN_MS, type DatabaseAddress, KEEP_ALIVE } from '../connection';
import { codeOf } from '../readiness';
import type { Ask, Progress } from './progress';

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

interface SqlMigration {
  readonly name: string;
  readonly file: string;
  readonly sql: string;
}

/** The name tells the text, too: a file that changes after it ran is another migration. */
function sqlMigrations(folder: string): SqlMigration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const [, timestamp, title] = FILE.exec(file) ?? [];
      if (timestamp === undefined || title === undefined)
        throw new Error(`migrations/${file}: the name must be <13 digits>-<words>.sql`);
      const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
      const digest = createHash('sha256').update(sql).digest('hex').slice(0, 8);
      return { name: `${title}-${digest}-${timestamp}`, file, sql };
    });
}

/** A failure reaches who called; TypeORM's own line about it would stand between log lines. */
class NoLogger extends AbstractLogger {
  protected override writeLog(): void {
    // nothing
  }
}

/** Plain SQL as a TypeORM migration, forward only: what a reviewer reads is what runs. */
function typeOrmMigration(
  { name, file, sql }: SqlMigration,
  progress: Progress,
): new () => MigrationInterface {
  const isWhole = !sql.startsWith(WITHOUT_TRANSACTION);
  return class implements MigrationInterface {
    readonly name = name;
    readonly transaction = isWhole;

    async up(runner: QueryRunner): Promise<void> {
      const began = performance.now();
      // As long as it takes: an index over many rows takes its time.
      await runner.query(`SET ${isWhole ? 'LOCAL ' : ''}statement_timeout = 0`);
      if (isWhole) await runner.query(`SET LOCAL lock_timeout = ${LOCK_WITHIN_MS}`);
      await runner.query(sql).catch((error: unknown) => {
        const words = error instanceof Error ? error.message : 'unknown error';
        throw Object.assign(new Error(`migrations/${file}: ${words}`, { cause: error }), {
          code: codeOf(error),
        });
      });
      progress.applied(file, performance.now() - began);
    }

    down(): Promise<void> {
      return Promise.reject(new Error('Migrations go forward only'));
    }
  };
}

/**
 * The migrations that the database still lacks. It may have had newer ones than this version knows: those of the version that comes
 * after it.
 *
 * @throws Error when it was made by others than this version's
 */
export async function pendingSql(ask: Ask, folder = FOLDER): Promise<string[]> {
  const isThere = await ask("SELECT 'migration' AS name WHERE to_regclass('migration') IS NOT NULL");
  const ran =
    isThere.length === 0 ? [] : (await ask('SELECT name FROM migration')).map(({ name }) => String(name));
  const ours = sqlMigrations(folder);
  const newest = timestampOf(ours.at(-1)?.name ?? '');
  const foreign = ran.find((name) => !ours.some((own) => own.name === name) && timestampOf(name) <= newest);
  if (foreign !== undefined)
    throw new Error(
      `it was made before the first release, by migrations that this version does not have (${foreign}), and cannot be used ` +
        'any more: drop it, or give DATABASE_URL an empty one',
    );
  return ours.filter(({ name }) => !ran.includes(name)).map(({ file }) => file);
}

const timestampOf = (name: string): string => name.slice(-13);

/** Runs what is pending, on a connection of its own; nobody else does meanwhile. */
export async function runSql(
  { url, ssl }: DatabaseAddress,
  progress: Progress,
  folder = FOLDER,
): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'kyc-gateway migrations',
    connectTimeoutMS: CONNECT_WITHIN_MS,
    installExtensions: false,
    logger: new NoLogger(),
    ssl,
    extra: { ...KEEP_ALIVE, onConnect: (client: ClientBase) => void client.on('error', () => undefined) },
    migrations: sqlMigrations(folder).map((migration) => typeOrmMigration(migration, progress)),
    migrationsTableName: 'migration',
  });
  await dataSource.initialize();
  try {
    for (let tries = 1; ; tries += 1)
      try {
        await dataSource.runMigrations({ transaction: 'each' });
        return;
      } catch (error) {
        if (codeOf(error) !== LOCK_NOT_AVAILABLE || tries === MAX_TRIES) throw error;
        progress.waiting('for a table that others use');
        await sleep(TRY_AGAIN_MS);
      }
  } finally {
    await dataSource.destroy();
  }
}
