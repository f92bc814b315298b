import fc from 'fast-check';
import { nextStep, retryDelaySeconds, type Share } from './share-policy';

const NOW = new Date('2026-11-22T03:00:00.000Z');

function share(version: number, changes: Partial<Share> = {}): Share {
  return {
    submissionId: `s${version}`,
    version,
    content: `c${version}`,
    state: 'waiting',
    dueAt: NOW,
    acceptedAt: null,
    ...changes,
  };
}

function later(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1_000);
}

describe('whose turn it is to be sent to Common KYC', () => {
  it('is the only share’s', () => {
    const own = share(1);
    expect(nextStep(own, [own], NOW)).toBe('send');
  });

  it('is never an older share’s once newer data is approved, sent or not', () => {
    const own = share(1);
    for (const state of ['waiting', 'accepted', 'failed'] as const)
      expect(nextStep(own, [own, share(2, { state })], NOW)).toBe('supersede');
  });

  it('does not come before the partner may be asked again', () => {
    const own = share(1, { dueAt: later(60) });
    expect(nextStep(own, [own], NOW)).toBe('nothing');
  });

  it('needs no sending when the partner took the same data last', () => {
    const own = share(2, { content: 'same' });
    const twin = share(1, { content: 'same', state: 'accepted', acceptedAt: NOW });
    expect(nextStep(own, [twin, own], NOW)).toBe('skip');
    const between = share(1.5, { state: 'accepted', acceptedAt: later(1) });
    expect(nextStep(own, [twin, between, own], NOW)).toBe('send');
  });

  it('compares with what the partner took last, in whatever order the shares are read', () => {
    const own = share(3, { content: 'same' });
    const newer = share(2, { content: 'same', state: 'accepted', acceptedAt: later(1) });
    const older = share(1, { state: 'accepted', acceptedAt: NOW });
    expect(nextStep(own, [newer, older, own], NOW)).toBe('skip');
    expect(nextStep(own, [older, newer, own], NOW)).toBe('skip');
  });

  it('is over after an end', () => {
    for (const state of ['accepted', 'failed'] as const) {
      const own = share(1, { state });
      expect(nextStep(own, [own], NOW)).toBe('nothing');
    }
  });

  it('leaves the newest data at the partner, in whatever order the jobs run', () => {
    const jobs = fc.array(fc.nat({ max: 4 }), { minLength: 30, maxLength: 60 });
    const contents = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(jobs, contents, (order, content) => {
        let group: Share[] = [];
        const sent: number[] = [];
        let clock = 0;
        for (const version of [...order, 0, 1, 2, 3, 4]) {
          const own =
            group.find((known) => known.version === version) ??
            share(version, { content: content[version] ?? '' });
          if (!group.includes(own)) group.push(own);
          const step = nextStep(own, group, later(clock++));
          const state = {
            send: 'accepted',
            skip: 'accepted',
            supersede: 'failed',
            nothing: own.state,
          }[step] as Share['state'];
          if (step === 'send') sent.push(version);
          group = group.map((known) =>
            known === own
              ? { ...own, state, acceptedAt: step === 'send' ? later(clock) : own.acceptedAt }
              : known,
          );
        }
        const last = sent.at(-1) ?? -1;
        expect(content[last]).toBe(content[4]);
        expect([...sent].sort()).toEqual(sent);
      }),
    );
  });
});

describe('the wait between two tries', () => {
  it('starts within five seconds, doubles with jitter, and stops growing at a quarter of an hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (tries, random) => {
          const seconds = retryDelaySeconds(tries, undefined, random);
          expect(seconds).toBeGreaterThanOrEqual(1);
          expect(seconds).toBeLessThanOrEqual(tries === 1 ? 5 : 900);
        },
      ),
    );
    expect(retryDelaySeconds(5, undefined, 1)).toBe(32);
  });

  it('is never shorter than the partner asks for', () => {
    expect(retryDelaySeconds(1, 120, 0)).toBe(120);
    expect(retryDelaySeconds(30, 120, 0)).toBe(450);
  });
});
