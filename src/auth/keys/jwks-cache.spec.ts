import fc from 'fast-check';
import { loadSettings } from '../../platform/config';
import { HealthChecks } from '../../platform/health';
import { createLog } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import { authSettings } from '../auth.settings';
import { MovableClock } from '../gateway.fixture';
import { type RealmKey, realmKey } from '../simas-id.fixture';
import type { JwksSnapshotRepository } from './jwks-snapshot.repository';
import { KeySetEvents } from './key-set-events';
import { type KeySet, type KeySetSource, UnusableKeySet } from './key-set-source';
import { JwksCache, refreshDelayMs } from './jwks-cache';

const log = createLog('silent');
const first = realmKey();
const second = realmKey();

/** A key server and a kept set that a test moves by hand. */
class World {
  readonly clock = new MovableClock();
  published: RealmKey[] | undefined = [first];
  kept: KeySet | undefined;
  reads = 0;
  /** When set, a read waits for it. */
  gate: Promise<void> | undefined;

  readonly source = {
    read: async (): Promise<KeySet> => {
      this.reads += 1;
      const readAt = this.clock.elapsed();
      await this.gate;
      if (this.published === undefined) throw new UnusableKeySet('HTTP 500');
      return this.set(this.published, readAt);
    },
  } as KeySetSource;

  readonly snapshots = {
    load: () => Promise.resolve(this.kept),
    save: (set: KeySet) => {
      this.kept = set;
      return Promise.resolve();
    },
  } as unknown as JwksSnapshotRepository;

  set(keys: RealmKey[], readAt = this.clock.elapsed()): KeySet {
    return { keys: new Map(keys.map(({ kid, publicKey }) => [kid, publicKey])), readAt };
  }

  store(environment: Record<string, string> = {}): JwksCache {
    const all = {
      SIMAS_ID_BASE_URL: 'http://127.0.0.1:1',
      SIMAS_ID_ISSUER: 'http://127.0.0.1:1/realms/simas-id',
      ...environment,
    };
    const settings = loadSettings([authSettings], [], all).of(authSettings);
    const events = new KeySetEvents(log, new Metrics(), new HealthChecks());
    return new JwksCache(this.source, this.snapshots, events, this.clock, settings);
  }

  async booted(environment: Record<string, string> = {}): Promise<JwksCache> {
    const store = this.store(environment);
    stores.push(store);
    await store.onApplicationBootstrap();
    await settled();
    return store;
  }
}

const DAY_MS = 86_400_000;
const stores: JwksCache[] = [];
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.beforeApplicationShutdown()));
});

/** Lets everything that waits for promises run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const seconds = (clock: MovableClock): number => Math.floor(clock.now() / 1000);
const unknown = { reason: 'key_unknown' };
const unavailable = { status: 503, code: 'partner_unavailable' };

describe('the key store', () => {
  it('reads the key set at boot and keeps it', async () => {
    const world = new World();
    const store = await world.booted();
    expect(store.ready).toBe(true);
    expect(store.current(first.kid)).toBe(first.publicKey);
    expect(world.kept?.keys.has(first.kid)).toBe(true);
    expect(world.reads).toBe(1);
  });

  it('asks for the first unknown key id after the boot, and for the next one only 30 s later', async () => {
    const world = new World();
    const store = await world.booted();
    await expect(store.find('x', undefined)).rejects.toMatchObject(unknown);
    expect(world.reads).toBe(2);
    for (let kid = 0; kid < 100; kid += 1)
      await expect(store.find(`y${kid}`, undefined)).rejects.toMatchObject(unknown);
    expect(world.reads).toBe(2);
    world.clock.ahead += 29_000;
    await expect(store.find('x', undefined)).rejects.toMatchObject(unknown);
    expect(world.reads).toBe(2);
    world.clock.ahead += 1_500;
    await expect(store.find('x', undefined)).rejects.toMatchObject(unknown);
    expect(world.reads).toBe(3);
  });

  it('finds a key that appeared since the last refresh', async () => {
    const world = new World();
    const store = await world.booted();
    world.published = [second, first];
    await expect(store.find(second.kid, seconds(world.clock))).resolves.toBe(second.publicKey);
  });

  it('asks once for many who come at once, and never makes those with known keys wait', async () => {
    const world = new World();
    const store = await world.booted();
    let open = (): void => undefined;
    world.gate = new Promise((resolve) => (open = resolve));
    world.published = [second, first];
    const waiting = Promise.all(Array.from({ length: 50 }, () => store.find(second.kid, undefined)));
    expect(store.current(first.kid)).toBe(first.publicKey);
    open();
    expect(new Set(await waiting)).toEqual(new Set([second.publicKey]));
    expect(world.reads).toBe(2);
  });

  it('lets nobody in with a withdrawn key after the next refresh', async () => {
    const world = new World();
    const store = await world.booted();
    world.published = [second];
    await store.find(second.kid, undefined);
    expect(store.current(first.kid)).toBeUndefined();
    await expect(store.find(first.kid, seconds(world.clock) - 60)).rejects.toMatchObject(unknown);
  });

  describe('while it may not ask SIMAS-ID again', () => {
    const world = new World();
    let store: JwksCache;
    beforeAll(async () => {
      world.published = [first];
      store = await world.booted();
      await expect(store.find('probe', seconds(world.clock))).rejects.toMatchObject(unknown);
      world.published = [second];
      world.clock.ahead += 2_000;
      stores.length = 0; // ended by this block itself
    });
    afterAll(() => store.beforeApplicationShutdown());

    it('tells a person with a new key to come back, not to log in again, whatever strangers asked before', async () => {
      const early = await store.find(second.kid, seconds(world.clock)).catch((error: unknown) => error);
      expect(early).toMatchObject({ ...unavailable, retryAfterSeconds: 28 });
    });

    it('refuses what cannot be a new key: old tokens, and key ids unlike SIMAS-ID’s', async () => {
      await expect(store.find(second.kid, seconds(world.clock) - 60)).rejects.toMatchObject(unknown);
      await expect(store.find(second.kid, undefined)).rejects.toMatchObject(unknown);
      await expect(store.find('third', seconds(world.clock))).rejects.toMatchObject(unknown);
    });

    it('finds the new key once it may, and refuses the withdrawn one and one looked for in vain', async () => {
      world.clock.ahead += 28_000;
      await expect(store.find(second.kid, seconds(world.clock))).resolves.toBe(second.publicKey);
      await expect(store.find(first.kid, seconds(world.clock))).rejects.toMatchObject(unknown);
      world.clock.ahead += 30_000;
      const stranger = 's'.repeat(second.kid.length);
      for (let time = 0; time < 2; time += 1)
        await expect(store.find(stranger, seconds(world.clock))).rejects.toMatchObject(unknown);
      await expect(store.find(first.kid, seconds(world.clock))).rejects.toMatchObject(unknown);
    });
  });

  it('answers an unknown key id with 503 while SIMAS-ID is away, and known keys go on', async () => {
    const world = new World();
    const store = await world.booted();
    world.published = undefined;
    await expect(store.find('x', undefined)).rejects.toMatchObject(unavailable);
    await expect(store.find('x', undefined)).rejects.toMatchObject(unavailable);
    expect(store.current(first.kid)).toBe(first.publicKey);
  });

  it('uses old keys as long as JWKS_STALE_SECONDS says, and no longer', async () => {
    const world = new World();
    const store = await world.booted({ JWKS_REFRESH_SECONDS: '600', JWKS_STALE_SECONDS: '3600' });
    world.published = undefined;
    world.clock.ahead += 4_199_000;
    expect(store.current(first.kid)).toBe(first.publicKey);
    world.clock.ahead += 2_000;
    expect(store.ready).toBe(false);
    expect(store.current(first.kid)).toBeUndefined();
    await expect(store.find(first.kid, undefined)).rejects.toMatchObject(unavailable);
    world.published = [first];
    world.clock.ahead += 30_000;
    await expect(store.find(first.kid, undefined)).resolves.toBe(first.publicKey);
  });

  it('believes old keys no longer when somebody sets the clock back', async () => {
    const world = new World();
    const store = await world.booted({ JWKS_REFRESH_SECONDS: '600', JWKS_STALE_SECONDS: '3600' });
    world.published = undefined;
    world.clock.setBy -= DAY_MS;
    expect(store.ageMs).toBeGreaterThanOrEqual(0);
    world.clock.ahead += 4_201_000;
    expect([store.ready, store.current(first.kid)]).toEqual([false, undefined]);
  });

  it('goes on with its keys when somebody sets the clock ahead while SIMAS-ID is away', async () => {
    const world = new World();
    const store = await world.booted({ JWKS_REFRESH_SECONDS: '600', JWKS_STALE_SECONDS: '3600' });
    world.published = undefined;
    await expect(store.find('x', undefined)).rejects.toMatchObject(unavailable);
    world.clock.setBy += DAY_MS;
    expect([store.ready, store.current(first.kid)]).toEqual([true, first.publicKey]);
  });

  it.each(['ahead', 'back'])(
    'tells nobody with a new key to log in again once a clock that was set %s is right',
    async (way) => {
      const world = new World();
      const store = await world.booted();
      world.clock.setBy = way === 'ahead' ? DAY_MS : -DAY_MS;
      await expect(store.find('x', undefined)).rejects.toMatchObject(unknown);
      world.clock.setBy = 0;
      world.clock.ahead += 2_000;
      world.published = [second, first];
      const early = store.find(second.kid, seconds(world.clock));
      await expect(early).rejects.toMatchObject({ ...unavailable, retryAfterSeconds: 28 });
      await expect(store.find(second.kid, seconds(world.clock) - 60)).rejects.toMatchObject(unknown);
      world.clock.ahead += 28_000;
      await expect(store.find(second.kid, seconds(world.clock))).resolves.toBe(second.publicKey);
    },
  );

  it('lives without keys, and finds them once SIMAS-ID is back', async () => {
    const world = new World();
    world.published = undefined;
    const store = await world.booted();
    expect(store.ready).toBe(false);
    await expect(store.find(first.kid, undefined)).rejects.toMatchObject(unavailable);
    world.published = [first];
    world.clock.ahead += 31_000;
    await expect(store.find(first.kid, undefined)).resolves.toBe(first.publicKey);
  });

  it('verifies with the kept set after a restart during an outage, and not when that is too old', async () => {
    const world = new World();
    world.published = undefined;
    world.kept = world.set([first], world.clock.elapsed() - 80_000_000);
    expect((await world.booted()).current(first.kid)).toBe(first.publicKey);
    world.kept = world.set([first], world.clock.elapsed() - 88_000_000);
    expect((await world.booted()).current(first.kid)).toBeUndefined();
  });

  it('keeps the same key object over a refresh, so that what was verified stays verified', async () => {
    const world = new World();
    const store = await world.booted();
    const again = realmKey();
    world.source.read = () => {
      const copy = { ...first, publicKey: clone(first) };
      return Promise.resolve(world.set([copy, { ...again, kid: 'again' }]));
    };
    await store.find('again', undefined);
    expect(store.current(first.kid)).toBe(first.publicKey);
  });
});

function clone({ publicKey }: RealmKey): RealmKey['publicKey'] {
  const { createPublicKey } = jest.requireActual<typeof import('node:crypto')>('node:crypto');
  return createPublicKey({ key: publicKey.export({ format: 'jwk' }), format: 'jwk' });
}

const random = fc.double({ min: 0, max: 1, noNaN: true });

describe('the time until the next refresh', () => {
  it('lies a little ahead of the age, whatever the chance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 86_400_000 }), random, (interval, chance) => {
        const delay = refreshDelayMs(interval, 0, chance);
        expect(delay).toBeGreaterThanOrEqual(interval * 0.75 - 1);
        expect(delay).toBeLessThanOrEqual(interval * 0.85 + 1);
      }),
    );
  });

  it('is short after a failure, and never so long that an outage outlasts its end by more than 30 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), random, (failures, chance) => {
        const delay = refreshDelayMs(600_000, failures, chance);
        expect(delay).toBeGreaterThanOrEqual(750);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
    expect([1, 2, 3, 4, 5, 6, 7].map((failures) => refreshDelayMs(600_000, failures, 0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });
});
