import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../launch/embedded-postgres';
import type { EmbeddedPostgres } from '../../launch/embedded-postgres';
import { killPostgres } from './process-tree';

export interface ThrowawayPostgres {
  postgres: EmbeddedPostgres;
  /** SIGKILL to PostgreSQL and each of its processes, as a fault drill; `postgres.restart()` brings it back. */
  kill(): Promise<void>;
  /** Ends the server and deletes its folder. */
  remove(): Promise<void>;
}

/**
 * A PostgreSQL server of its own for tests that kill it. A commit survives the death of any process; only the flush that
 * guards against a power cut is left out.
 */
export async function startThrowawayPostgres(): Promise<ThrowawayPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  chmodSync(dataDir, 0o711); // root's PostgreSQL runs as another account
  const postgres = await startEmbeddedPostgres({
    dataDir,
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300' },
  });
  return {
    postgres,
    kill: () => killPostgres(postgres.cluster),
    remove: async () => {
      await postgres.remove();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
