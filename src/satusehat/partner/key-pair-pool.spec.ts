import { generateKeyPairSync } from 'node:crypto';
import { Metrics } from '../../platform/metrics';
import { Deadline } from '../../platform/time';
import { type KeyPair, KeyPairPool, type KeyPairPoolOptions } from './key-pair-pool';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Makes pairs only when told to, each with a number of its own. */
class Workshop {
  readonly #orders: { finish: (pair: KeyPair) => void; fail: (error: Error) => void }[] = [];
  #made = 0;

  readonly make = (): Promise<KeyPair> =>
    new Promise((resolve, reject) => this.#orders.push({ finish: resolve, fail: reject }));

  get orders(): number {
    return this.#orders.length;
  }

  async finish(pairs: number): Promise<void> {
    for (let left = pairs; left > 0; left -= 1) {
      this.#made += 1;
      this.#orders.shift()?.finish({ privateKey, publicKeyPem: `pair ${this.#made}` });
      await settled();
    }
  }

  async fail(): Promise<void> {
    this.#orders.shift()?.fail(new Error('no entropy'));
    await settled();
  }
}

/** Lets everything run that waits for nothing but a promise. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function poolOf(options: Partial<KeyPairPoolOptions> = {}): {
  pool: KeyPairPool;
  workshop: Workshop;
  metric: (name: string) => Promise<string>;
} {
  const workshop = new Workshop();
  const metrics = new Metrics();
  const pool = new KeyPairPool(
    { size: 3, maxAgeMs: 60_000, maxUses: 2, makers: 1, fillAfterMs: null, make: workshop.make, ...options },
    metrics,
  );
  pools.push(pool);
  const metric = async (name: string): Promise<string> => {
    const lines = (await metrics.text()).split('\n');
    return lines.filter((line) => line.startsWith(name)).join('\n');
  };
  return { pool, workshop, metric };
}

const pools: KeyPairPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.onApplicationShutdown();
});

/** A request that has its pair and waits for its answer. */
function request(pool: KeyPairPool): { pair: Promise<string>; answered: () => Promise<void> } {
  let answer = (): void => undefined;
  let has = (_pem: string): void => undefined;
  let failed = (_error: unknown): void => undefined;
  const pair = new Promise<string>((resolve, reject) => {
    has = resolve;
    failed = reject;
  });
  const work = pool.use(Deadline.after(60_000), ({ publicKeyPem }) => {
    has(publicKeyPem);
    return new Promise<void>((resolve) => (answer = resolve));
  });
  work.catch(failed);
  return {
    pair,
    answered: () => {
      answer();
      return work;
    },
  };
}

async function fillWith(pool: KeyPairPool, workshop: Workshop, pairs: number): Promise<void> {
  const first = request(pool);
  await workshop.finish(pairs + 1);
  await first.pair;
  await first.answered();
}

describe('the pool of key pairs', () => {
  it('makes no pair before one is wanted, unless it was told to fill', () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const idle = poolOf();
      idle.pool.onApplicationBootstrap();
      const filling = poolOf({ fillAfterMs: 2_000 });
      filling.pool.onApplicationBootstrap();
      expect(filling.workshop.orders).toBe(0);
      jest.advanceTimersByTime(2_000);
      expect(filling.workshop.orders).toBe(1);
      expect(idle.workshop.orders).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('gives each request a pair of its own while it has one, at once', async () => {
    const { pool, workshop, metric } = poolOf();
    await fillWith(pool, workshop, 3);
    expect(await metric('satusehat_key_pairs_ready')).toContain('satusehat_key_pairs_ready 3');
    const requests = [request(pool), request(pool), request(pool)];
    const pairs = await Promise.all(requests.map(({ pair }) => pair));
    expect(new Set(pairs).size).toBe(3);
    expect(await metric('satusehat_key_pairs_lent_total')).toContain('{source="pool"} 3');
  });

  it('is refilled in the background, no more pairs at once than it has makers', async () => {
    const { pool, workshop } = poolOf({ makers: 2 });
    await fillWith(pool, workshop, 3);
    expect(workshop.orders).toBe(0);
    await request(pool).pair;
    expect(workshop.orders).toBe(1);
    await request(pool).pair;
    await request(pool).pair;
    expect(workshop.orders).toBe(2);
    await workshop.finish(3);
    expect(workshop.orders).toBe(0);
  });

  it('lets requests share the pairs that are lent when none is ready, each pair so often and not more', async () => {
    const { pool, workshop, metric } = poolOf({ size: 2, maxUses: 2 });
    await fillWith(pool, workshop, 2);
    const requests = [request(pool), request(pool), request(pool), request(pool), request(pool)];
    const [first, second, third, fourth] = await Promise.all(requests.slice(0, 4).map(({ pair }) => pair));
    expect(new Set([first, second]).size).toBe(2);
    expect(new Set([third, fourth])).toEqual(new Set([first, second]));
    await workshop.finish(1);
    expect([first, second]).not.toContain(await requests[4]?.pair);
    expect(await metric('satusehat_key_pairs_lent_total')).toContain('{source="shared"} 2');
    expect(await metric('satusehat_key_pairs_lent_total')).toContain('{source="awaited"} 2');
  });

  it('never lends a pair again once its last answer is there', async () => {
    const { pool, workshop } = poolOf({ size: 0, maxUses: 5 });
    const first = request(pool);
    await workshop.finish(1);
    const shared = request(pool);
    expect(await shared.pair).toBe(await first.pair);
    await first.answered();
    await shared.answered();
    const next = request(pool);
    await workshop.finish(1);
    expect(await next.pair).not.toBe(await first.pair);
  });

  it('forgets a pair whose request failed', async () => {
    const { pool, workshop } = poolOf({ size: 0, maxUses: 5 });
    const failing = pool.use(Deadline.after(60_000), () => Promise.reject(new Error('refused')));
    const rejected = expect(failing).rejects.toThrow('refused');
    await workshop.finish(1);
    await rejected;
    const next = request(pool);
    await workshop.finish(1);
    expect(await next.pair).toBe('pair 2');
  });

  it('serves everybody who waits with as few new pairs as the limit allows', async () => {
    const { pool, workshop } = poolOf({ size: 1, maxUses: 2 });
    const requests = [request(pool), request(pool), request(pool)];
    await workshop.finish(2);
    const pairs = await Promise.all(requests.map(({ pair }) => pair));
    expect(pairs).toEqual(['pair 1', 'pair 1', 'pair 2']);
  });

  it('drops old pairs although nobody asks, so that an idle gateway holds no old private key', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
    try {
      const { pool, workshop, metric } = poolOf({ size: 1 });
      await fillWith(pool, workshop, 1);
      jest.advanceTimersByTime(59_999);
      expect(await metric('satusehat_key_pairs_ready')).toBe('satusehat_key_pairs_ready 1');
      jest.advanceTimersByTime(1);
      expect(await metric('satusehat_key_pairs_ready')).toBe('satusehat_key_pairs_ready 0');
      expect(workshop.orders).toBe(1);
      const late = request(pool);
      await workshop.finish(1);
      expect(await late.pair).toBe('pair 3');
    } finally {
      jest.useRealTimers();
    }
  });

  it('tells a request that waited too long to come again', async () => {
    const { pool, workshop, metric } = poolOf();
    const hurried = pool.use(Deadline.after(5), () => Promise.resolve('done'));
    await expect(hurried).rejects.toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    expect(await metric('satusehat_key_pairs_lent_total')).toContain('{source="awaited"} 1');
    await workshop.finish(1);
    expect(await pool.use(Deadline.after(60_000), ({ publicKeyPem }) => Promise.resolve(publicKeyPem))).toBe(
      'pair 1',
    );
  });

  it('fails the requests that wait when no pair can be made, and tries anew for the next one', async () => {
    const { pool, workshop } = poolOf();
    const unlucky = request(pool);
    await workshop.fail();
    await expect(unlucky.pair).rejects.toThrow('no key pair could be made');
    const next = request(pool);
    await workshop.finish(1);
    expect(await next.pair).toBe('pair 1');
  });

  it('makes no more pairs once the gateway stops', async () => {
    const { pool, workshop } = poolOf();
    await fillWith(pool, workshop, 2);
    pool.onApplicationShutdown();
    await workshop.finish(1);
    expect(workshop.orders).toBe(0);
  });
});
