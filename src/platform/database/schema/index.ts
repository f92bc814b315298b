import { ConfigurationError } from '../../config';
import type { Log } from '../../logging';
import { type DatabaseAddress, databaseAddress, migrationAddress } from '../connection';
import type { DatabaseSettings } from '../database.settings';
import { whenThere } from '../readiness';
import { unmetRequirement } from '../server-requirements';
import { migrate, pendingSteps, type Schema } from './migrate';
import type { Progress } from './progress';

export { isNewerThanOurs } from './job-queues';
export { pendingSteps, type Schema } from './migrate';
export type { Progress } from './progress';

/**
 * At the start of a program: what the schema lacks is made, or keeps it from starting.
 * @throws ConfigurationError that names what is pending and the command, or what the server lacks
 */
export function prepareSchema(
  settings: DatabaseSettings,
  schema: Schema,
  migrations: 'start' | 'check',
  log: Log,
): Promise<void> {
  const isAway = (reason: string): void => log.warn('waiting for the database', { reason });
  return whenThere(isAway, async () => {
    const address = databaseAddress(settings);
    await refuseUnfit('DATABASE_URL', address);
    const pending = await pendingSteps(address, schema);
    if (pending.length === 0) return;
    if (migrations === 'check')
      throw new ConfigurationError([
        `the database lacks what this version needs (${pending.join(', ')}): run "npm run migrate" (node dist/migrate.js) first`,
      ]);
    await migrateAsOwner(settings, schema, {
      applied: (step, ms) => log.info('migration applied', { step, ms: Math.round(ms) }),
      waiting: (words) => log.info(`waiting ${words}`),
    });
  });
}

/** As a step of its own. */
export function migrateByHand(
  settings: DatabaseSettings,
  schema: Schema,
  progress: Progress,
  grantRole?: string,
): Promise<void> {
  const isAway = (reason: string): void => progress.waiting(`for the database: ${reason}`);
  return whenThere(isAway, () => migrateAsOwner(settings, schema, progress, grantRole));
}

async function migrateAsOwner(
  settings: DatabaseSettings,
  schema: Schema,
  progress: Progress,
  grantRole?: string,
): Promise<void> {
  const address = migrationAddress(settings);
  const variable = settings.values.DATABASE_MIGRATION_URL ? 'DATABASE_MIGRATION_URL' : 'DATABASE_URL';
  await refuseUnfit(variable, address);
  await migrate(address, schema, progress, grantRole);
}

async function refuseUnfit(variable: string, address: DatabaseAddress): Promise<void> {
  const unmet = await unmetRequirement(address);
  if (unmet !== null) throw new ConfigurationError([`${variable} ${unmet}`]);
}
