import { InARow } from './in-a-row';

describe('Work in a row', () => {
  it('is done for everybody before anybody who waited for it goes on', async () => {
    const seen: string[] = [];
    const row = new InARow((item: number) => {
      seen.push(`work ${item}`);
      return item * item;
    });
    const results = await Promise.all(
      [1, 2, 3].map((item) => row.add(item).then((result) => seen.push(`on with ${result}`) && result)),
    );
    expect(results).toEqual([1, 4, 9]);
    expect(seen).toEqual(['work 1', 'work 2', 'work 3', 'on with 1', 'on with 4', 'on with 9']);
  });

  it('fails for the one item it fails for', async () => {
    const row = new InARow((item: number) => {
      if (item === 2) throw new Error('two');
      return item;
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => row.add(item)));
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new Error('two') },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('lets others have their turn after 32, and takes in what comes meanwhile', async () => {
    const seen: (number | string)[] = [];
    const row = new InARow((item: number) => seen.push(item));
    const all = Array.from({ length: 70 }, (_, item) => row.add(item));
    setImmediate(() => {
      seen.push('another');
      all.push(row.add(70));
    });
    await Promise.all(all);
    await Promise.all(all);
    expect(seen.filter((one) => typeof one === 'number')).toEqual(Array.from({ length: 71 }, (_, n) => n));
    expect(seen.indexOf('another')).toBe(32);
  });
});
