import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ClientBase } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { CONNECT_WITHIN_MS, type DatabaseAddress } from './connection';

/** `migrations/` at the top of the repository, the same distance from `src/` and from `dist/`. */
const FOLDER = resolve(__dirname, '../../../migrations');
const FILE = /^(\d{13})-([a-z0-9-]+)\.sql$/;
/** Any number all processes agree on: "kyc" in ASCII. */
const MIGRATION_LOCK = 0x6b7963;

interface SqlMigration {
  readonly name: string;
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
      return { name: `${title}-${digest}-${timestamp}`, sql };
    });
}

/** Plain SQL as a TypeORM migration, forward only: what a reviewer reads is what runs. */
function typeOrmMigration({ name, sql }: SqlMigration): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query('SET LOCAL statement_timeout = 0');
      await runner.query(sql);
    }

    down(): Promise<void> {
      return Promise.reject(new Error('Migrations go forward only'));
    }
  };
}

/**
 * How many migrations the database still lacks. It may have had newer ones than this version knows: those of the version that comes
 * after it.
 *
 * @throws Error when it was made by others than this version's
 */
export async function pendingMigrations(
  ask: (sql: string) => Promise<readonly { readonly name: string }[]>,
  folder = FOLDER,
): Promise<number> {
  const isThere = await ask("SELECT 'migration' AS name WHERE to_regclass('migration') IS NOT NULL");
  const ran = isThere.length === 0 ? [] : (await ask('SELECT name FROM migration')).map(({ name }) => name);
  const ours = sqlMigrations(folder).map(({ name }) => name);
  const newest = timestampOf(ours.at(-1) ?? '');
  const foreign = ran.find((name) => !ours.includes(name) && timestampOf(name) <= newest);
  if (foreign !== undefined)
    throw new Error(
      `it was made before the first release, by migrations that this version does not have (${foreign}), and cannot be used ` +
        'any more: drop it, or give DATABASE_URL an empty one',
    );
  return ours.filter((name) => !ran.includes(name)).length;
}

const timestampOf = (name: string): string => name.slice(-13);

/**
 * Runs what is pending; of many processes starting at once, one does it and the others wait. On connections of their own and without
 * any time limit: an index over many rows takes as long as it takes.
 */
export async function migrate({ url, ssl }: DatabaseAddress, folder = FOLDER): Promise<number> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'kyc-gateway migrations',
    connectTimeoutMS: CONNECT_WITHIN_MS,
    installExtensions: false,
    ssl,
    extra: { keepAlive: true, onConnect: (client: ClientBase) => void client.on('error', () => undefined) },
    migrations: sqlMigrations(folder).map(typeOrmMigration),
    migrationsTableName: 'migration',
  });
  await dataSource.initialize();
  try {
    const runner = dataSource.createQueryRunner();
    await runner.query('SET statement_timeout = 0');
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await pendingMigrations((sql) => runner.query(sql), folder);
    return (await dataSource.runMigrations({ transaction: 'each' })).length;
  } finally {
    await dataSource.destroy(); // and with its connections the lock
  }
}
