import { smtp } from '../../providers/smtp';
import { ChannelAccount } from './channel-account';

const client = {
  send: () => Promise.resolve({ outcome: 'accepted' as const }),
  probe: () => Promise.resolve('takes the log-in'),
};

describe('A unit’s account on a channel', () => {
  it('lets sixteen messages out at once and the next one when one is done', async () => {
    const account = new ChannelAccount({ businessUnit: 'nanovest', provider: smtp, client });
    const releases = await Promise.all(Array.from({ length: 16 }, () => account.slot()));
    let seventeenth = false;
    const waiting = account.slot().then((release) => {
      seventeenth = true;
      return release;
    });
    await Promise.resolve();
    expect(seventeenth).toBe(false);
    releases.forEach((release) => release());
    (await waiting)();
    expect(await Promise.all(Array.from({ length: 16 }, () => account.slot()))).toHaveLength(16);
  });
});
