import type { PlatformSettings } from '../config';
import { createLog } from '../logging';
import type { Database } from './database';
import { Durability, type DurabilitySettings } from './durability';

/** What a start says of PostgreSQL's settings. */
async function started(found: DurabilitySettings, environment: string): Promise<string> {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const database = { query: () => Promise.resolve([found]) } as unknown as Database;
  const settings = { values: { NODE_ENV: environment } } as PlatformSettings;
  await new Durability(database, settings, log).onModuleInit();
  return lines.join('');
}

describe('a gateway on a PostgreSQL that may lose what it confirmed', () => {
  it.each([
    [{ fsync: 'off', synchronous_commit: 'on' }, 'fsync off'],
    [{ fsync: 'on', synchronous_commit: 'off' }, 'synchronous_commit off'],
    [{ fsync: 'off', synchronous_commit: 'off' }, 'fsync and synchronous_commit off'],
  ])('does not start in production, and warns elsewhere: %j', async (found, said) => {
    await expect(started(found, 'production')).rejects.toThrow(`PostgreSQL has ${said}`);
    expect(await started(found, 'development')).toContain(said);
  });

  it.each(['on', 'local', 'remote_write', 'remote_apply'])(
    'is not meant by synchronous_commit=%s, which waits for the disk',
    async (synchronous_commit) => {
      expect(await started({ fsync: 'on', synchronous_commit }, 'production')).toBe('');
    },
  );
});
