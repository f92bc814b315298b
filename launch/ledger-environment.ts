import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { buildWhenStale } from './build';
import { projectRoot } from './data-folder';
import { embeddedDatabaseUrl, startEmbeddedPostgres } from './embedded-postgres';
import { lockFolder } from './folder-lock';
import { completed, configured, type Environment, isUnset } from './given-environment';
import { LaunchError } from './launch-error';

/**
 * Runs the ledger's command with what is configured, and what `npm start` generated and keeps in the data folder. The embedded
 * PostgreSQL is used as it runs, or started for as long as the command takes.
 */
export async function withLedgerEnvironment(run: (environment: Environment) => Promise<void>): Promise<void> {
  try {
    await buildWhenStale();
    const dataDir = resolve(projectRoot, configured(process.env, 'DATA_DIR') ?? '.data');
    const environment = completed(process.env, keptSecrets(dataDir));
    if (!isUnset(process.env, 'DATABASE_URL')) return await run(environment);
    await withEmbeddedDatabase(dataDir, (url) => run({ ...environment, DATABASE_URL: url }));
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    process.exitCode = 2;
    process.stdout.write(`CANNOT TELL: ${error.message}\n`);
  }
}

function keptSecrets(dataDir: string): Record<string, string> {
  const file = join(dataDir, 'secrets.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {};
}

async function withEmbeddedDatabase(dataDir: string, use: (url: string) => Promise<void>): Promise<void> {
  const running = embeddedDatabaseUrl(dataDir);
  if (running === null)
    throw new LaunchError(`There is no database in ${dataDir}: run npm start first, or set DATABASE_URL.`);
  if (await answers(running)) return use(running);
  const unlock = lockFolder(dataDir, 'npm run ledger');
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    await use(postgres.url).finally(() => postgres.stop());
  } finally {
    unlock();
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
