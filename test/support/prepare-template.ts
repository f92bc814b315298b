import { DataSource } from 'typeorm';
import { migrate, sqlMigrations } from '../../src/platform/database/sql-migrations';

/** Brings the database that all test databases are copied from to the present schema. */
export async function prepareTemplate(databaseUrl: string): Promise<void> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    migrations: sqlMigrations(),
    migrationsTableName: 'migration',
  });
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
