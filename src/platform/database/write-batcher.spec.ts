import { WriteBatcher } from './write-batcher';

/** Writes that end when the test says so. */
class Store {
  readonly batches: number[][] = [];
  readonly #open: (() => void)[] = [];
  failure: (items: readonly number[]) => Error | undefined = () => undefined;

  readonly write = async (items: readonly number[]): Promise<readonly string[]> => {
    this.batches.push([...items]);
    await new Promise<void>((resolve) => this.#open.push(resolve));
    const failure = this.failure(items);
    if (failure !== undefined) throw failure;
    return items.map((item) => `#${item}`);
  };

  async finish(): Promise<void> {
    this.#open.shift()?.();
    await turn();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('WriteBatcher', () => {
  let store: Store;

  beforeEach(() => {
    store = new Store();
  });

  it('write what is alone at once, and together what arrives meanwhile', async () => {
    const batches = new WriteBatcher(store.write, { most: 10, atOnce: 1 });
    const first = batches.add(1);
    await turn();
    const others = [2, 3, 4].map((item) => batches.add(item));
    await turn();
    expect(store.batches).toEqual([[1]]);
    await store.finish();
    expect(await first).toBe('#1');
    expect(store.batches).toEqual([[1], [2, 3, 4]]);
    await store.finish();
    expect(await Promise.all(others)).toEqual(['#2', '#3', '#4']);
  });

  it('write no more together, and no more batches at once, than they may', async () => {
    const batches = new WriteBatcher(store.write, { most: 2, atOnce: 2 });
    const all = [1, 2, 3, 4, 5].map((item) => batches.add(item));
    await turn();
    expect(store.batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await store.finish();
    await store.finish();
    await store.finish();
    expect(await Promise.all(all)).toEqual(['#1', '#2', '#3', '#4', '#5']);
  });

  it('wait a moment for half of those who were just answered, and no longer', async () => {
    const batches = new WriteBatcher(store.write, { most: 10, atOnce: 1, linger: { ms: 40, share: 0.5 } });
    const add = (...items: number[]): Promise<string>[] => items.map((item) => batches.add(item));
    const answered = add(1, 2, 3, 4);
    await turn();
    await store.finish();
    await Promise.all(answered);
    const back = add(5);
    await turn();
    expect(store.batches).toEqual([[1, 2, 3, 4]]);
    // All others in one turn: the first half goes at once, and the other one as soon as that is done.
    const half = [...back, ...add(6)];
    const others = add(7, 8);
    await turn();
    expect(store.batches).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    await store.finish();
    await Promise.all(half);
    await turn();
    expect(store.batches.at(-1)).toEqual([7, 8]);
    await store.finish();
    await Promise.all(others);
    const alone = add(9);
    while (store.batches.length < 4) await turn();
    await store.finish();
    expect(await Promise.all(alone)).toEqual(['#9']);
  });

  it('wait for all of them where the share is 1', async () => {
    const batches = new WriteBatcher(store.write, { most: 10, atOnce: 1, linger: { ms: 300, share: 1 } });
    const add = (...items: number[]): Promise<string>[] => items.map((item) => batches.add(item));
    const answered = add(1, 2, 3);
    await turn();
    await store.finish();
    await Promise.all(answered);
    const some = add(4, 5);
    await turn();
    expect(store.batches).toEqual([[1, 2, 3]]);
    const all = [...some, ...add(6)];
    await turn();
    expect(store.batches.at(-1)).toEqual([4, 5, 6]);
    await store.finish();
    await Promise.all(all);
  });

  it('let one item fail alone', async () => {
    const batches = new WriteBatcher(store.write, { most: 10, atOnce: 1 });
    store.failure = (items) => (items.includes(2) ? new Error('bad item') : undefined);
    const all = Promise.allSettled([1, 2, 3].map((item) => batches.add(item)));
    for (let round = 0; round < 5; round += 1) {
      await turn();
      await store.finish();
    }
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('find the one item that cannot be written in few trips', async () => {
    const batches = new WriteBatcher(store.write, { most: 100, atOnce: 1 });
    store.failure = (items) => (items.includes(37) ? new Error('bad item') : undefined);
    const items = Array.from({ length: 100 }, (_, item) => item);
    let settled = false;
    const all = Promise.allSettled(items.map((item) => batches.add(item))).finally(() => (settled = true));
    while (!settled) {
      await turn();
      await store.finish();
    }
    const rejected = (await all).flatMap(({ status }, item) => (status === 'rejected' ? [item] : []));
    expect(rejected).toEqual([37]);
    // Twice the binary logarithm of a hundred, and the first try.
    expect(store.batches.length).toBeLessThanOrEqual(15);
  });

  it('do not try in halves what a database that is away cannot take', async () => {
    const batches = new WriteBatcher(store.write, { most: 10, atOnce: 1 });
    store.failure = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const all = Promise.allSettled([1, 2, 3].map((item) => batches.add(item)));
    await turn();
    await store.finish();
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(store.batches).toEqual([[1, 2, 3]]);
  });

  it('let nobody wait for what hangs, nor write what nobody waits for any more', async () => {
    const batches = new WriteBatcher(store.write, { most: 1, atOnce: 1, waitAtMostMs: 50 });
    const all = Promise.allSettled([1, 2].map((item) => batches.add(item)));
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await store.finish();
    expect(store.batches).toEqual([[1]]);
  });

  it('do not write what waited too long where the event loop stalled and its timer has not fired yet', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      const batches = new WriteBatcher(store.write, { most: 10, atOnce: 1, waitAtMostMs: 30_000 });
      const late = batches.add(1);
      clock.mockReturnValue(30_000);
      const inTime = batches.add(2);
      await expect(late).rejects.toMatchObject({ status: 503 });
      await store.finish();
      expect(await inTime).toBe('#2');
      expect(store.batches).toEqual([[2]]);
    } finally {
      clock.mockRestore();
    }
  });
});
