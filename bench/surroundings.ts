import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Lab, type LabOptions, startLab } from '../lab';
import { buildWhenStale } from '../launch/build';
import { startEmbeddedPostgres } from '../launch/embedded-postgres';
import { generatedSecrets, type Secrets } from '../launch/generated-secrets';

/** What a benchmarked gateway stands on: the built program, PostgreSQL as durable as in production, the lab, and secrets of its own. */
export interface Surroundings {
  /** Removed in the end. */
  readonly folder: string;
  readonly lab: Lab;
  readonly databaseUrl: string;
  readonly secrets: Secrets;
  /** Database, partners and secrets, as a gateway wants them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** A benchmark calls from one address with one credential. */
const UNLIMITED = { MAX_CONNECTIONS_PER_ADDRESS: '0', MAX_BACK_OFFICE_STREAMS: '0' };

export async function openSurroundings(lab: LabOptions = {}): Promise<Surroundings> {
  await buildWhenStale();
  const folder = mkdtempSync(join(tmpdir(), 'kyc-bench-'));
  chmodSync(folder, 0o711); // root's PostgreSQL runs as another account
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  const started = await startLab(lab);
  const secrets = generatedSecrets(folder, {}, ['nanovest', 'siminvest']);
  return {
    folder,
    lab: started,
    databaseUrl: postgres.url,
    secrets,
    environment: { ...partners(started), ...secrets, ...UNLIMITED, DATABASE_URL: postgres.url },
    close: async () => {
      await started.close();
      await postgres.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Without the units' own back end: what telling it costs has a benchmark of its own. */
function partners(lab: Lab): Record<string, string> {
  return Object.fromEntries(Object.entries(lab.environment()).filter(([name]) => !name.includes('_EVENTS_')));
}
