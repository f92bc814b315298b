import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { loadSettings } from '../../platform/config';
import { createLog } from '../../platform/logging';
import { authSettings } from '../auth.settings';
import { MovableClock } from '../gateway.fixture';
import { realmKey } from '../simas-id.fixture';
import { JwksSnapshot } from './jwks-snapshot.entity';
import { JwksSnapshotRepository } from './jwks-snapshot.repository';
import type { KeySet } from './key-set-source';

const HOUR_MS = 3_600_000;
const older = realmKey();
const newer = realmKey();
const clock = new MovableClock();
let database: TestDatabase;
let dataSource: DataSource;
let kept: JwksSnapshotRepository;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await new DataSource({
    type: 'postgres',
    url: database.url,
    entities: [JwksSnapshot],
  }).initialize();
  const issuer = {
    SIMAS_ID_BASE_URL: 'http://127.0.0.1:1',
    SIMAS_ID_ISSUER: 'http://127.0.0.1:1/realms/simas-id',
  };
  const settings = loadSettings([authSettings], [], issuer).of(authSettings);
  const snapshots = dataSource.getRepository(JwksSnapshot);
  kept = new JwksSnapshotRepository(settings, snapshots, clock, createLog('silent'));
});
beforeEach(() => dataSource.query('TRUNCATE jwks_snapshot'));
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

function readAgo({ kid, publicKey }: typeof older, ms: number): KeySet {
  return { keys: new Map([[kid, publicKey]]), readAt: clock.elapsed() - ms };
}

async function keptNow(): Promise<{ readonly kids: string[]; readonly ageMs: number }> {
  const set = await kept.load();
  return { kids: [...(set?.keys.keys() ?? [])], ageMs: clock.elapsed() - (set?.readAt ?? Number.NaN) };
}

describe('the key set that is kept', () => {
  it('is as old as its reading, however this process’s clock is set', async () => {
    expect(await kept.load()).toBeUndefined();
    await kept.save(readAgo(older, HOUR_MS));
    for (const setBy of [0, 24 * HOUR_MS, -24 * HOUR_MS]) {
      clock.setBy = setBy;
      const { kids, ageMs } = await keptNow();
      expect(kids).toEqual([older.kid]);
      expect(Math.abs(ageMs - HOUR_MS)).toBeLessThan(60_000);
    }
  });

  it('gives way to a newer one, and not to an older one of a process whose download was slow', async () => {
    await kept.save(readAgo(older, HOUR_MS));
    await kept.save(readAgo(newer, 0));
    await kept.save(readAgo(older, HOUR_MS / 2));
    expect((await keptNow()).kids).toEqual([newer.kid]);
  });

  it('holds what can be used of it, and is none where nothing can', async () => {
    await kept.save(readAgo(older, 0));
    const weak = { kid: 'weak', ...realmKey(1024).publicKey.export({ format: 'jwk' }) };
    const broken = { kid: 'broken', kty: 'RSA', n: 'AA', e: '' };
    const keep = (members: string): Promise<unknown> =>
      dataSource.query(`UPDATE jwks_snapshot SET keys = ${members}`, [JSON.stringify([weak, broken])]);
    await keep('$1::jsonb || keys');
    expect((await keptNow()).kids).toEqual([older.kid]);
    await keep('$1');
    expect(await kept.load()).toBeUndefined();
  });

  it('that was dated while the database’s clock was ahead is of now, and gives way', async () => {
    await kept.save(readAgo(older, 0));
    await dataSource.query(`UPDATE jwks_snapshot SET fetched_at = now() + interval '1 day'`);
    expect((await keptNow()).ageMs).toBeGreaterThanOrEqual(0);
    await kept.save(readAgo(newer, 0));
    expect((await keptNow()).kids).toEqual([newer.kid]);
  });
});
