import type { OtpProvider } from '../channels/otp-provider';
import { Lane } from './lane';

const provider: OtpProvider = {
  name: 'smtp',
  channel: 'email',
  reportsDelivery: false,
  send: () => Promise.resolve({ outcome: 'accepted' }),
};

describe('A lane', () => {
  it('lets sixteen messages out at once and the next one when one is done', async () => {
    const lane = new Lane('nanovest', provider);
    const releases = await Promise.all(Array.from({ length: 16 }, () => lane.slot()));
    let seventeenth = false;
    const waiting = lane.slot().then((release) => {
      seventeenth = true;
      return release;
    });
    await Promise.resolve();
    expect(seventeenth).toBe(false);
    releases.forEach((release) => release());
    (await waiting)();
    expect(await Promise.all(Array.from({ length: 16 }, () => lane.slot()))).toHaveLength(16);
  });
});
