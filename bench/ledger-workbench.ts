import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Ledger, PersonVault, SubmissionRepository } from '../src/kyc-ledger';
import { LedgerNews } from '../src/kyc-ledger/ledger-news';
import { loadSettings, platformSettings, type PlatformSettings, Secret } from '../src/platform/config';
import { BlindIndex, KeyRing } from '../src/platform/crypto';
import { Database, Notifications } from '../src/platform/database';
import { migrate, sqlMigrations } from '../src/platform/database/sql-migrations';
import { JobQueue } from '../src/platform/jobs';
import { createLog } from '../src/platform/logging';
import { Clock } from '../src/platform/time';

/** The ledger's own classes on a database, without the rest of the program. */
export interface LedgerWorkbench {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly vault: PersonVault;
  close(): Promise<void>;
}

export async function openWorkbench(url: string, poolSize: number): Promise<LedgerWorkbench> {
  const registry = loadSettings([platformSettings], [], { DATABASE_URL: url });
  const settings = registry.get(platformSettings.token) as PlatformSettings;
  const log = createLog('silent');
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    poolSize,
    migrations: sqlMigrations(),
    migrationsTableName: 'migration',
  }).initialize();
  await migrate(dataSource);
  const database = new Database(dataSource, log);
  const notifications = new Notifications(settings, database, log);
  const clock = new Clock();
  const keys = new KeyRing([{ id: 'bench', key: new Secret(randomBytes(32)) }]);
  const vault = new PersonVault(database, keys, new BlindIndex(new Secret(randomBytes(32))), clock);
  const jobs = new JobQueue(settings, database, notifications, log);
  const ledger = new Ledger(
    new SubmissionRepository(database),
    vault,
    jobs,
    new LedgerNews(database, log),
    clock,
  );
  return { database, ledger, vault, close: () => dataSource.destroy() };
}
