import { setImmediate as settled } from 'node:timers/promises';
import type { LedgerEvent, LedgerFeed } from '../../kyc-ledger';
import { EventFeed } from './event-feed.service';

const EVENT = { seq: 1 } as LedgerEvent;
const CALLER_STAYS = new AbortController().signal;

/** A feed over a ledger that holds nothing yet. */
async function emptyFeed() {
  const [events, reads]: [LedgerEvent[], string[]] = [[], []];
  let notify: (unit: string) => void = () => undefined;
  const ledger = {
    listen: (listener: typeof notify) => {
      notify = listener;
      return Promise.resolve(() => undefined);
    },
    after: (unit: string) => {
      reads.push(unit);
      return Promise.resolve([...events]);
    },
  };
  const feed = new EventFeed(ledger as unknown as LedgerFeed);
  await feed.onApplicationBootstrap();
  const append = (unit: string): void => {
    events.push(EVENT);
    notify(unit);
  };
  return { feed, reads, append };
}

describe('a back office that asks for events', () => {
  it.each(['nanovest', 'error'])('of the unit %s is answered when one happens', async (unit) => {
    const { feed, append } = await emptyFeed();
    const answer = feed.after(unit, { after: 0, limit: 10, wait: 30 }, CALLER_STAYS);
    await settled();
    append(unit);
    expect(await answer).toEqual([EVENT]);
    append(unit); // while nobody waits
  });

  it('and does not want to wait is answered after one query', async () => {
    const { feed, reads } = await emptyFeed();
    expect(await feed.after('nanovest', { after: 0, limit: 10, wait: 0 }, CALLER_STAYS)).toEqual([]);
    expect(reads).toEqual(['nanovest']);
  });

  it('is answered when the gateway stops, alone or with others', async () => {
    for (const units of [['nanovest'], ['nanovest', 'siminvest']]) {
      const { feed } = await emptyFeed();
      const answers = units.map((unit) => feed.after(unit, { after: 0, limit: 10, wait: 30 }, CALLER_STAYS));
      await settled();
      feed.onModuleDestroy();
      expect(await Promise.all(answers)).toEqual(units.map(() => []));
    }
  });
});
