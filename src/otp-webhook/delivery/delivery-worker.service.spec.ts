import { setImmediate as turn } from 'node:timers/promises';
import { smtp } from '../providers/smtp';
import { Breaker } from './breaker';
import type { ChannelAccount } from './channel-accounts';
import { ChannelWorker } from './delivery-worker.service';
import type { Claim } from './delivery.repository';

/** One account with so many codes due, whose provider answers when it is told to. */
function desk(due: number) {
  let now = 0;
  const account: ChannelAccount = {
    businessUnit: 'nanovest',
    channel: 'email',
    provider: smtp,
    client: { send: () => Promise.resolve({ outcome: 'accepted' }), probe: () => Promise.resolve('') },
    breaker: new Breaker(() => now),
  };
  const state = { left: due, asked: [] as number[], answers: [] as (() => void)[], rested: 0, away: false };
  const worker = new ChannelWorker(account, {
    claim: async (_, places) => {
      state.asked.push(places);
      await turn();
      if (state.away) throw new Error('the database is away');
      const count = Math.min(places, state.left);
      state.left -= count;
      return { claims: Array.from({ length: count }, (): Claim => ({}) as Claim), superseded: 0 };
    },
    send: () => new Promise((resolve) => state.answers.push(resolve)),
    rest: () => Promise.resolve(void (state.rested += 1)),
    failed: () => undefined,
  });
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 5; turns += 1) await turn();
  };
  return { worker, account, state, settle, wait: (ms: number) => (now += ms) };
}

describe('The worker of one account', () => {
  it('sends sixteen at once, and claims one more for each that is done', async () => {
    const { worker, state, settle } = desk(20);
    worker.wake();
    await settle();
    expect([state.answers.length, state.left, state.asked]).toEqual([16, 4, [16]]);
    state.answers.shift()?.();
    await settle();
    expect([state.answers.length, state.left, state.asked]).toEqual([16, 3, [16, 1]]);
  });

  it('asks again when it was woken while it asked', async () => {
    const { worker, state, settle } = desk(0);
    worker.wake();
    state.left = 1;
    worker.wake();
    await settle();
    expect([state.asked, state.left]).toEqual([[16, 15], 0]);
  });

  it('claims nothing while its provider rests, then one, and all once that was taken', async () => {
    const { worker, account, state, settle, wait } = desk(5);
    account.breaker.record({ outcome: 'setup' }, 'somebody');
    worker.wake();
    await settle();
    expect([state.asked, state.rested]).toEqual([[], 1]);
    wait(10_000);
    worker.wake();
    await settle();
    expect([state.asked, state.answers.length]).toEqual([[1], 1]);
    account.breaker.record({ outcome: 'accepted' }, 'somebody');
    state.answers.shift()?.();
    await settle();
    expect([state.asked, state.answers.length]).toEqual([[1, 16], 4]);
  });

  it('lets the next claim try when there was nothing to try with', async () => {
    const { worker, account, state, settle, wait } = desk(0);
    account.breaker.record({ outcome: 'spam' }, 'somebody');
    wait(10_000);
    worker.wake();
    await settle();
    worker.wake();
    await settle();
    expect(state.asked).toEqual([1, 1]);
  });

  it('comes back to what it could not claim', async () => {
    const { worker, state, settle } = desk(1);
    state.away = true;
    worker.wake();
    await settle();
    state.away = false;
    worker.wake();
    await settle();
    expect([state.asked, state.answers.length]).toEqual([[16, 16], 1]);
  });

  it('told to stop, claims nothing more and waits for what it sends', async () => {
    const { worker, state, settle } = desk(20);
    worker.wake();
    await settle();
    worker.retire();
    let settled = false;
    const settling = worker.settle().then(() => (settled = true));
    state.answers.splice(0, 15).forEach((answer) => answer());
    await settle();
    expect([settled, state.left]).toEqual([false, 4]);
    state.answers.shift()?.();
    await settling;
    expect(state.asked).toEqual([16]);
  });
});
