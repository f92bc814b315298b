import fc from 'fast-check';
import type { Outcome } from '../providers/otp-provider';
import { Breaker } from './breaker';

function breaker(): { breaker: Breaker; wait: (ms: number) => void } {
  let now = 0;
  return { breaker: new Breaker(() => now), wait: (ms) => (now += ms) };
}

describe('The breaker of a channel', () => {
  it('opens after five failures in a row and says how long to wait', () => {
    const { breaker: shut } = breaker();
    const opened = ['transient', 'unknown', 'transient', 'transient', 'transient'] as const;
    expect(opened.map((outcome) => shut.record({ outcome: outcome }, 'somebody'))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(shut.ask()).toBe('rest');
  });

  it('stays closed while a success comes in between', () => {
    const { breaker: shut } = breaker();
    for (let round = 0; round < 20; round += 1)
      shut.record({ outcome: round % 5 === 4 ? 'accepted' : 'transient' }, 'somebody');
    expect(shut.ask()).toBe('go');
  });

  it.each<'setup' | 'spam'>(['setup', 'spam'])('opens at once after "%s"', (outcome) => {
    const { breaker: shut } = breaker();
    expect(shut.record({ outcome: outcome }, 'somebody')).toBe(true);
    expect(shut.openBecause).toBe(outcome);
    // Messages already on their way come back with the same answer: one alarm is enough.
    expect(shut.record({ outcome: outcome }, 'somebody')).toBe(false);
  });

  it('takes a dead recipient for a sign of life of the provider', () => {
    const { breaker: shut } = breaker();
    for (let round = 0; round < 4; round += 1) shut.record({ outcome: 'transient' }, 'somebody');
    shut.record({ outcome: 'recipient' }, 'somebody');
    shut.record({ outcome: 'transient' }, 'somebody');
    expect(shut.ask()).toBe('go');
  });

  it('stays closed after words nobody knows about one person, however often they are said', () => {
    const { breaker: shut } = breaker();
    for (let round = 0; round < 10; round += 1)
      expect(shut.record({ outcome: 'setup', unlisted: true }, 'one')).toBe(false);
    shut.record({ outcome: 'setup', unlisted: true }, 'another');
    shut.record({ outcome: 'accepted' }, 'somebody');
    expect(shut.record({ outcome: 'setup', unlisted: true }, 'a third')).toBe(false);
    expect(shut.ask()).toBe('go');
  });

  it('opens after such words about three people in a row, and again while nobody is served', () => {
    const { breaker: shut, wait } = breaker();
    expect(
      ['one', 'two', 'three'].map((who) => shut.record({ outcome: 'setup', unlisted: true }, who)),
    ).toEqual([false, false, true]);
    expect(shut.openBecause).toBe('setup');
    wait(10_000);
    shut.ask();
    expect(shut.record({ outcome: 'setup', unlisted: true }, 'one')).toBe(true);
    wait(10_000);
    shut.ask();
    shut.record({ outcome: 'recipient' }, 'somebody');
    expect(shut.record({ outcome: 'setup', unlisted: true }, 'two')).toBe(false);
  });

  it('lets one message find out after 10 seconds whether the provider is back, while the others wait', () => {
    const { breaker: shut, wait } = breaker();
    shut.record({ outcome: 'setup' }, 'somebody');
    wait(10_000);
    expect(shut.ask()).toBe('probe');
    expect(shut.ask()).toBe('rest');
    shut.record({ outcome: 'accepted' }, 'somebody');
    expect(shut.ask()).toBe('go');
    expect(shut.openBecause).toBeUndefined();
  });

  it('shuts again when that message fails, even once', () => {
    const { breaker: shut, wait } = breaker();
    for (let round = 0; round < 5; round += 1) shut.record({ outcome: 'transient' }, 'somebody');
    wait(10_000);
    shut.ask();
    expect(shut.record({ outcome: 'transient' }, 'somebody')).toBe(true);
    expect(shut.ask()).toBe('rest');
  });

  it('lets the next message try when the chosen one was not sent', () => {
    const { breaker: shut, wait } = breaker();
    shut.record({ outcome: 'spam' }, 'somebody');
    wait(10_000);
    shut.ask();
    shut.abandon();
    expect(shut.ask()).toBe('probe');
  });

  it('always lets a message through within 10 seconds, whatever happened before', () => {
    const outcomes = fc.constantFrom<Outcome>(
      'accepted',
      'transient',
      'throttled',
      'recipient',
      'setup',
      'spam',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(outcomes, fc.nat(15_000))), (history) => {
        const { breaker: shut, wait } = breaker();
        for (const [outcome, pause] of history) {
          if (shut.ask() !== 'rest') shut.record({ outcome: outcome }, 'somebody');
          wait(pause);
        }
        wait(10_000);
        expect(shut.ask()).not.toBe('rest');
      }),
    );
  });
});
