import fc from 'fast-check';
import type { Outcome } from '../providers/otp-provider';
import { decide, type Next, type Situation } from './delivery-policy';

const calm: Situation = { outcome: 'accepted', retries: 0, unknowns: 0, secondsLeft: 170, fallback: 'sms' };
const after = (given: Partial<Situation>): Next => decide({ ...calm, ...given });

const situations = fc.record({
  outcome: fc.constantFrom<Outcome>(
    'accepted',
    'transient',
    'throttled',
    'recipient',
    'setup',
    'spam',
    'unknown',
  ),
  retries: fc.nat(50),
  unknowns: fc.nat(2),
  secondsLeft: fc.double({ min: -1000, max: 600, noNaN: true }),
  retryAfterSeconds: fc.option(fc.nat(4000), { nil: undefined }),
  fallback: fc.constantFrom<'sms' | undefined>('sms', undefined),
});

describe('What happens after a try', () => {
  it.each([
    ['as long as the provider asked, to the second', { retryAfterSeconds: 7, secondsLeft: 12 }, 7],
    [
      'as long as was asked, where the full wait is too long',
      { retries: 3, retryAfterSeconds: 3, secondsLeft: 10 },
      3,
    ],
    ['the longest wait that just fits', { retries: 3, secondsLeft: 13 }, 8],
  ])('waits %s', (_, situation, waitSeconds) => {
    expect(after({ outcome: 'transient', ...situation })).toEqual({ to: 'queued', waitSeconds });
  });

  it('goes on by another channel while there is just enough time, and not with less', () => {
    expect(after({ outcome: 'recipient', secondsLeft: 5 })).toEqual({ to: 'queued', fallback: 'sms' });
    expect(after({ outcome: 'recipient', secondsLeft: 4.999 })).toEqual({ to: 'failed' });
  });

  it('is nothing more once the provider took the message', () => {
    expect(after({ outcome: 'accepted' })).toEqual({ to: 'accepted' });
  });

  it('is another try after 1, 3, 8, 14 and again 14 seconds while the provider is in trouble', () => {
    const waits = [0, 1, 2, 3, 4, 9].map((retries) => after({ outcome: 'transient', retries }));
    expect(waits).toEqual([1, 3, 8, 14, 14, 14].map((waitSeconds) => ({ to: 'queued', waitSeconds })));
  });

  it('is another try after 6 seconds when the recipient got a message just before', () => {
    for (const retries of [0, 5])
      expect(after({ outcome: 'throttled', retries })).toEqual({ to: 'queued', waitSeconds: 6 });
  });

  it('waits as long as the provider asked, when that is longer', () => {
    expect(after({ outcome: 'transient', retryAfterSeconds: 20 })).toEqual({
      to: 'queued',
      waitSeconds: 20,
    });
    expect(after({ outcome: 'transient', retries: 3, retryAfterSeconds: 2 })).toEqual({
      to: 'queued',
      waitSeconds: 14,
    });
  });

  it.each<Outcome>(['recipient', 'setup', 'spam'])(
    'is the other channel after "%s", or the end',
    (outcome) => {
      expect(after({ outcome })).toEqual({ to: 'queued', fallback: 'sms' });
      expect(after({ outcome, fallback: undefined })).toEqual({ to: 'failed' });
      expect(after({ outcome, secondsLeft: 4 })).toEqual({ to: 'failed' });
    },
  );

  it('is exactly one more try when nobody knows whether the message went out, and never another channel', () => {
    expect(after({ outcome: 'unknown' })).toEqual({ to: 'queued', waitSeconds: 1 });
    expect(after({ outcome: 'unknown', unknowns: 1 })).toEqual({ to: 'failed' });
  });

  it('is a shorter wait near the deadline, and then the end', () => {
    expect(after({ outcome: 'transient', retries: 3, secondsLeft: 14 })).toEqual({
      to: 'queued',
      waitSeconds: 8,
    });
    expect(after({ outcome: 'transient', secondsLeft: 5.9 })).toEqual({ to: 'expired' });
    expect(after({ outcome: 'throttled', secondsLeft: 10 })).toEqual({ to: 'expired' });
    expect(after({ outcome: 'transient', retryAfterSeconds: 100, secondsLeft: 60 })).toEqual({
      to: 'expired',
    });
  });

  it('never leaves less than 5 seconds for the next try, whatever went before', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const next = decide(situation);
        if (next.waitSeconds !== undefined)
          expect(situation.secondsLeft - next.waitSeconds).toBeGreaterThanOrEqual(5);
        if (next.fallback !== undefined) expect(situation.secondsLeft).toBeGreaterThanOrEqual(5);
      }),
    );
  });

  it('never asks a provider again sooner than it said', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const next = decide(situation);
        if (next.waitSeconds !== undefined && situation.outcome === 'transient')
          expect(next.waitSeconds).toBeGreaterThanOrEqual(situation.retryAfterSeconds ?? 0);
      }),
    );
  });
});
