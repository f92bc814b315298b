import { randomBytes } from 'node:crypto';
import { migrate } from '../../src/platform/database/sql-migrations';
import { createDatabase } from './test-database';
import { announceTestServer } from './test-server';
import { startThrowawayPostgres } from './throwaway-postgres';

/** What the global teardown has to undo. */
declare global {
  var undoGlobalSetup: (() => Promise<void>) | undefined;
}

/**
 * One PostgreSQL for the whole run: the server of `TEST_DATABASE_URL` (its role must be allowed to create databases) when that
 * is set, else an embedded one that is thrown away.
 */
export default async function globalSetup(): Promise<void> {
  const given = process.env.TEST_DATABASE_URL;
  const throwaway = given === undefined ? await startThrowawayPostgres() : null;
  const ownerUrl = throwaway?.postgres.url ?? given ?? '';
  const adminUrl = throwaway?.postgres.superuserUrl ?? ownerUrl;
  const name = `kyc_test_${randomBytes(4).toString('hex')}`;
  const template = await createDatabase(adminUrl, ownerUrl, name, 'template1');
  globalThis.undoGlobalSetup = async () => {
    await template.drop();
    await throwaway?.remove();
  };
  await migrate({ url: template.url, ssl: false });
  announceTestServer({ adminUrl, ownerUrl, template: name });
}
