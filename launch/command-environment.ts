import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildWhenStale } from './build';
import { openDataFolder } from './data-folder';
import { startEmbeddedPostgres } from './embedded-postgres';
import { isLocked, lockFolder } from './folder-lock';
import { keptSecrets } from './generated-secrets';
import { completed, configured, type Environment, isUnset } from './given-environment';
import { LaunchError } from './launch-error';
import { runningState } from './running-state';

type Run = (environment: Environment) => Promise<void>;

/**
 * Compiles a command when it is stale and runs it with what is configured, outside of production also with what `npm start` embedded
 * and generated while it runs. The ledger can be asked without it, too: then PostgreSQL is started for as long as the command takes.
 */
export async function withEnvironmentOf(command: string, run: Run): Promise<void> {
  await buildWhenStale();
  if (command === 'init' || process.env.NODE_ENV === 'production') return run(process.env);
  const dataDir = openDataFolder(configured(process.env, 'DATA_DIR') ?? '.data');
  const state = runningState(dataDir);
  if (state !== undefined) return run(completed(process.env, state.supplied));
  if (command === 'ledger') return withLedger(dataDir, run);
  process.stderr.write('No `npm start` is running from this folder: only what is configured is tried.\n\n');
  return run(process.env);
}

async function withLedger(dataDir: string, run: Run): Promise<void> {
  const environment = completed(process.env, keptSecrets(dataDir));
  if (!isUnset(process.env, 'DATABASE_URL')) return run(environment);
  if (!existsSync(join(dataDir, 'postgres.json')))
    throw new LaunchError(`There is no database in ${dataDir}: run npm start first, or set DATABASE_URL.`);
  if (isLocked(dataDir))
    throw new LaunchError(
      `Another npm start or npm run ledger has ${dataDir}: run this again once it is ready, or has ended.`,
    );
  const unlock = lockFolder(dataDir, 'npm run ledger');
  try {
    const postgres = await startEmbeddedPostgres({ dataDir });
    await run({ ...environment, DATABASE_URL: postgres.url }).finally(() => postgres.stop());
  } finally {
    unlock();
  }
}
