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

/** Plain SQL files as TypeORM migrations, forward only: what a reviewer reads is what runs. */
export function sqlMigrations(folder = FOLDER): (new () => MigrationInterface)[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const [, timestamp, title] = FILE.exec(file) ?? [];
      if (timestamp === undefined || title === undefined)
        throw new Error(`migrations/${file}: the name must be <13 digits>-<words>.sql`);
      return sqlMigration(`${title}-${timestamp}`, readFileSync(join(folder, file), 'utf8'));
    });
}

function sqlMigration(name: string, sql: string): new () => MigrationInterface {
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
    migrations: sqlMigrations(folder),
    migrationsTableName: 'migration',
  });
  await dataSource.initialize();
  try {
    const runner = dataSource.createQueryRunner();
    await runner.query('SET statement_timeout = 0');
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return (await dataSource.runMigrations({ transaction: 'each' })).length;
  } finally {
    await dataSource.destroy(); // and with its connections the lock
  }
}
