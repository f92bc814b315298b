import type { DueNotifier } from '../delivery/due-notifier';
import type { HourlyQuota } from './hourly-quota.service';
import type { Acceptance, NewDelivery, IntakeRepository } from './intake.repository';
import type { OtpJournal } from '../otp-journal';
import { AcceptOtp } from './accept-otp.service';
import type { NewDeliveries } from './new-deliveries';
import type { OtpRequest } from './otp-request.dto';

/** A desk for codes of units whose quota counts what is taken from it. */
function desk(outcomes: Readonly<Record<string, Acceptance['outcome']>> = {}) {
  const taken = new Map<string, number>();
  const take = (unit: string, by: number): void => void taken.set(unit, (taken.get(unit) ?? 0) + by);
  const quota: Pick<HourlyQuota, 'take' | 'giveBack'> = {
    take: ({ businessUnit: unit }) => {
      if (unit === 'uncountable') return Promise.reject(new Error('the count failed'));
      if (unit !== 'spent') take(unit, 1);
      return Promise.resolve(unit === 'spent' ? 60 : 0);
    },
    giveBack: ({ businessUnit }) => take(businessUnit, -1),
  };
  const acceptAll = (all: readonly NewDelivery[]): Promise<Acceptance[]> =>
    Promise.resolve(all.map(({ id }) => ({ outcome: outcomes[id] ?? 'accepted' }) as Acceptance));
  const woken: string[] = [];
  const accept = new AcceptOtp(
    {
      make: (businessUnit: string, { otp: id }: OtpRequest) => ({ businessUnit, id, channel: 'sms' }),
    } as unknown as NewDeliveries,
    quota as HourlyQuota,
    { acceptAll } as unknown as IntakeRepository,
    {
      publish: (all: readonly { readonly businessUnit: string }[]) =>
        woken.push(...all.map(({ businessUnit }) => businessUnit)),
    } as unknown as DueNotifier,
    { requested: () => undefined, limited: () => undefined } as unknown as OtpJournal,
  );
  const send = (businessUnit: string, id = businessUnit): Promise<unknown> =>
    accept.accept(businessUnit, { otp: id } as OtpRequest).catch((error: unknown) => error);
  return { send, taken, woken };
}

describe('A unit’s hourly quota', () => {
  it('is given back for repeats and refusals, and kept for what was accepted', async () => {
    const { send, taken, woken } = desk({ again: 'repeat', late: 'limited' });
    await Promise.all([send('nanovest', 'new'), send('nanovest', 'again'), send('nanovest', 'late')]);
    expect([taken.get('nanovest'), woken]).toEqual([1, ['nanovest']]);
  });

  it('is given back at once when another unit’s messages in the same batch cannot be counted', async () => {
    const { send, taken } = desk();
    const [accepted, failed] = await Promise.all([send('nanovest'), send('uncountable')]);
    expect(accepted).toEqual({ outcome: 'accepted' });
    expect(failed).toEqual(new Error('the count failed'));
    expect(taken.get('nanovest')).toBe(1);
  });

  it('is not touched by what it lets wait', async () => {
    const { send, taken } = desk({ spent: 'limited' });
    await send('spent');
    expect(taken.get('spent')).toBeUndefined();
  });
});
