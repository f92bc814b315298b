import type { BlindIndex } from '../../platform/crypto';
import type { Deadline } from '../../platform/time';
import { smtp } from '../providers/smtp';
import { Breaker } from './breaker';
import type { ChannelAccount, ChannelAccounts } from './channel-accounts';
import type { OtpJournal } from '../otp-journal';
import type { DeliverySecrets } from './delivery-secret';
import type { Claim } from './delivery.repository';
import type { ResultRecorder } from './result-recorder.service';
import { SendOtp } from './send-otp.service';

interface Sent {
  /** How long the provider was given; undefined where it was not asked. */
  readonly givenMs: number | undefined;
  readonly errorCode: string | undefined;
}

/** Sends a code that has so long left when it is claimed, with a partner that may take ten seconds. */
async function send(secondsLeft: number, leaseMs = 12_000, claimTookMs = 0): Promise<Sent> {
  let givenMs: number | undefined;
  let errorCode: string | undefined;
  const account: ChannelAccount = {
    businessUnit: 'nanovest',
    channel: 'email',
    provider: smtp,
    client: {
      probe: () => Promise.resolve('takes the log-in'),
      send: (_message, deadline: Deadline) => {
        givenMs = deadline.remaining();
        return Promise.resolve({ outcome: 'accepted' });
      },
    },
    breaker: new Breaker(),
  };
  const sender = new SendOtp(
    { sendWithinMs: 10_000, leaseMs } as ChannelAccounts,
    { open: () => ({ to: 'jane@example.org', code: '123456' }) } as unknown as DeliverySecrets,
    {
      answered: (_: unknown, result: { errorCode?: string }) =>
        Promise.resolve((errorCode = result.errorCode)),
    } as unknown as ResultRecorder,
    { tried: () => undefined } as unknown as OtpJournal,
    {} as BlindIndex,
  );
  await sender.send(account, { secondsLeft } as Claim, performance.now() - claimTookMs);
  return { givenMs, errorCode };
}

describe('A message', () => {
  it('is given no longer than its code has left, however long a partner may take', async () => {
    const { givenMs } = await send(6);
    expect(givenMs).toBeGreaterThan(5_000);
    expect(givenMs).toBeLessThanOrEqual(6_000);
  });

  it('is not sent with less than five seconds left', async () => {
    expect(await send(4.9)).toEqual({ givenMs: undefined, errorCode: 'not_sent' });
  });

  it('is not sent when the claim took so long that another worker may soon take over', async () => {
    expect(await send(60, 12_000, 11_000)).toEqual({ givenMs: undefined, errorCode: 'not_sent' });
  });
});
