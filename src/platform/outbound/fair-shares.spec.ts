import { isBulkheadRejectedError } from 'cockatiel';
import { type CallOrigin, FairShares } from './fair-shares';

let ends: (() => void)[];
let running: number;
beforeEach(() => {
  ends = [];
  running = 0;
});

/** A call that goes on until it is ended. */
async function call(): Promise<string> {
  running += 1;
  await new Promise<void>((resolve) => ends.push(resolve));
  running -= 1;
  return 'done';
}

const ticks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function rejected(work: Promise<unknown>): Promise<boolean> {
  return work.then(() => false, isBulkheadRejectedError);
}

async function endAll(): Promise<void> {
  while (ends.length > 0) {
    for (const end of ends.splice(0)) end();
    await ticks();
  }
}

describe('of what all share, twenty at once and ten waiting,', () => {
  const nanovest: CallOrigin = { businessUnit: 'nanovest' };

  it('one business unit has fifteen and a queue of its own, and the others what is left', async () => {
    const shares = FairShares.of(20, 10);
    const all = Array.from({ length: 25 }, () => shares.run(nanovest, call));
    await ticks();
    expect(running).toBe(15);
    expect(await rejected(shares.run(nanovest, call))).toBe(true);
    const other = shares.run({ businessUnit: 'siminvest' }, call);
    await ticks();
    expect(running).toBe(16);
    await endAll();
    expect(await Promise.all([...all, other])).toHaveLength(26);
    expect(running).toBe(0);
  });

  it('one person has five, and others go past the ones of theirs that wait', async () => {
    const shares = FairShares.of(20, 10);
    const budi = { businessUnit: 'nanovest', person: 'budi' };
    const mine = Array.from({ length: 15 }, () => shares.run(budi, call));
    await ticks();
    expect(running).toBe(5);
    expect(await rejected(shares.run(budi, call))).toBe(true);
    const others = [
      shares.run({ ...budi, person: 'siti' }, call),
      shares.run({ ...budi, businessUnit: 'siminvest' }, call),
    ];
    await ticks();
    expect(running).toBe(7);
    await endAll();
    expect(await Promise.all([...mine, ...others])).toHaveLength(17);
  });

  it('what one had is free again, however it ended', async () => {
    const shares = FairShares.of(20, 10);
    const budi = { businessUnit: 'nanovest', person: 'budi' };
    for (let turn = 0; turn < 40; turn += 1)
      await expect(shares.run(budi, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    const again = shares.run(budi, call);
    await ticks();
    await endAll();
    expect(await again).toBe('done');
  });

  it('a share of next to nothing is still one', async () => {
    expect(
      await FairShares.of(1, 0).run({ businessUnit: 'nanovest', person: 'budi' }, () =>
        Promise.resolve('in'),
      ),
    ).toBe('in');
  });
});
