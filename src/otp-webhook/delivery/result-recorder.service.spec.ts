import type { ChannelAccounts } from './channel-accounts';
import type { OtpJournal } from '../otp-journal';
import type { CountedAttempt, DeliveryRepository } from './delivery.repository';
import type { DueNotifier } from './due-notifier';
import { ResultRecorder } from './result-recorder.service';

/** Pauses end at once. */
jest.mock('node:timers/promises', () => ({ setTimeout: () => new Promise(setImmediate) }));

/** A recorder whose database is away for so many tries, and what was recorded. */
function desk(awayFor: number) {
  const recorded: unknown[] = [];
  let tries = 0;
  const deliveries = {
    record: (_: unknown, { outcome }: { outcome: string }) => {
      tries += 1;
      if (tries <= awayFor) return Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
      recorded.push(outcome);
      return Promise.resolve({ status: 'accepted', age: 1, receipt: null, outcome });
    },
  };
  const recorder = new ResultRecorder(
    deliveries as unknown as DeliveryRepository,
    { fallbackOf: () => undefined } as unknown as ChannelAccounts,
    {} as DueNotifier,
    { moved: () => undefined } as unknown as OtpJournal,
  );
  const answered = (secondsLeft: number): Promise<void> =>
    recorder.answered({ channel: 'sms', secondsLeft } as CountedAttempt, { outcome: 'accepted' }, true);
  return { recorder, recorded, answered };
}

describe('What a provider said of a person’s code, while the database is away', () => {
  it('is recorded when it is back, however long that took, while the code is worth something', async () => {
    const { answered, recorded } = desk(500);
    await answered(120);
    expect(recorded).toEqual(['accepted']);
  });

  it('is given up when the code is worth nothing any more', async () => {
    const { answered, recorded } = desk(Infinity);
    await expect(answered(0.05)).rejects.toThrow('away');
    expect(recorded).toEqual([]);
  });

  it('keeps a process that stops for nine seconds at most', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const { recorder, answered } = desk(Infinity);
    recorder.onModuleDestroy();
    const waiting = expect(answered(120)).rejects.toThrow('away');
    now.mockReturnValue(9_001);
    await waiting;
    now.mockRestore();
  });
});
