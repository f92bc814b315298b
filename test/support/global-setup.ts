import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { COUNTS } from './documented-answers';
import { GatewayProcess } from './gateway-process';
import { createDatabase } from './test-database';
import { ownSettings, UNITS } from './test-gateway';
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
  await buildWhenStale();
  const given = process.env.TEST_DATABASE_URL;
  const throwaway = given === undefined ? await startThrowawayPostgres() : null;
  const ownerUrl = throwaway?.postgres.url ?? given ?? '';
  const adminUrl = throwaway?.postgres.superuserUrl ?? ownerUrl;
  const name = `kyc_test_${randomBytes(4).toString('hex')}`;
  const template = await createDatabase(adminUrl, ownerUrl, name, 'template1');
  const counts = join(mkdtempSync(join(tmpdir(), 'kyc-answers-')), 'checked');
  process.env[COUNTS] = counts;
  globalThis.undoGlobalSetup = async () => {
    reportChecked(counts);
    await template.drop();
    await throwaway?.remove();
  };
  await startOnce(template.url);
  announceTestServer({ adminUrl, ownerUrl, template: name });
}

/** The first start of a gateway makes everything in its database that it needs. */
async function startOnce(database: string): Promise<void> {
  const lab = await startLab({ units: UNITS });
  const gateway = await GatewayProcess.prepare((url) => ({
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: database,
    PUBLIC_URL: url,
    ROLE: 'api',
    SIMAS_ID_JWKS_URI: 'http://localhost:1/', // keeps no keys of this lab
  }));
  await gateway.start();
  await gateway.stop('SIGTERM');
  await lab.close();
}

function reportChecked(file: string): void {
  const counts = existsSync(file) ? readFileSync(file, 'utf8').split('\n').map(Number) : [];
  const sum = counts.reduce((total, count) => total + count, 0);
  if (sum > 0) console.log(`${sum} answers are what openapi.json says`);
  rmSync(dirname(file), { recursive: true, force: true });
}
