import { Clock, Deadline } from '../time';
import { createLog } from '../logging';
import { PartnerError } from './partner-error';
import { type IssuedToken, TokenCache, type TokenSource } from './token-cache';

class SetClock extends Clock {
  at = 1_000_000;
  override elapsed(): number {
    return this.at;
  }
}

const HOUR = 3_600_000;
const soon = (): Deadline => Deadline.after(10_000);
const timedOut = (): PartnerError => new PartnerError('Partner', 'token', 'timeout');

describe('A cached token', () => {
  let clock: SetClock;
  let cache: TokenCache;
  let minted: number;
  let logLines: string[];
  const issue = (): Promise<IssuedToken> =>
    Promise.resolve({ value: `token ${(minted += 1)}`, lifeMs: HOUR });
  const of = (key: string, mint: TokenSource['mint'] = issue): TokenSource => ({
    key,
    partner: 'Partner',
    operation: 'token',
    mint,
  });

  beforeEach(() => {
    clock = new SetClock();
    logLines = [];
    const log = createLog('debug', { write: (line) => void logLines.push(line) });
    cache = new TokenCache(clock, log, { mintWithinMs: 5_000, capacity: 3 });
    minted = 0;
  });

  it('is minted once, however many ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 50 }, () => cache.get(of('a'), soon())));
    expect(new Set(asked)).toEqual(new Set(['token 1']));
  });

  it('is renewed shortly before it ends, and nobody waits for it', async () => {
    await cache.get(of('a'), soon());
    clock.at += HOUR - 300_001;
    expect(await cache.get(of('a'), soon())).toBe('token 1');
    clock.at += 2;
    expect(await cache.get(of('a'), soon())).toBe('token 1');
    await settled();
    expect(await cache.get(of('a'), soon())).toBe('token 2');
    expect(minted).toBe(2);
  });

  it('goes on being used when its renewal fails, until it ends', async () => {
    await cache.get(of('a'), soon());
    const fail = (): Promise<IssuedToken> => Promise.reject(new Error('away'));
    clock.at += HOUR - 1;
    expect(await cache.get(of('a', fail), soon())).toBe('token 1');
    await settled();
    expect(logLines.join('')).toContain('renewing an access token failed');
    expect(logLines.join('')).not.toContain('away');
    clock.at += 1;
    await expect(cache.get(of('a', fail), soon())).rejects.toThrow('away');
    expect(await cache.get(of('a'), soon())).toBe('token 2');
  });

  describe('that the partner refuses', () => {
    const used: string[] = [];
    const refusing = (refused: readonly string[]) => (token: string) => {
      used.push(token);
      return Promise.resolve({ status: refused.includes(token) ? 401 : 200, headers: {}, body: Buffer.of() });
    };
    beforeEach(() => used.splice(0));

    it('is replaced, and the call made once more', async () => {
      const answer = await cache.authorized(of('a'), soon(), refusing(['token 1']));
      expect([answer.status, used]).toEqual([200, ['token 1', 'token 2']]);
      expect(await cache.get(of('a'), soon())).toBe('token 2');
    });

    it('is replaced once for all who hold it', async () => {
      const calls = Array.from({ length: 20 }, () =>
        cache.authorized(of('a'), soon(), refusing(['token 1'])),
      );
      for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
      expect(minted).toBe(2);
    });

    it('though it is new is no token to keep: the caller hears of it', async () => {
      const answer = await cache.authorized(of('a'), soon(), refusing(['token 1', 'token 2']));
      expect([answer.status, used]).toEqual([401, ['token 1', 'token 2']]);
      expect(await cache.get(of('a'), soon())).toBe('token 3');
    });
  });

  it('makes room for others when it was not used for longest', async () => {
    for (const owner of ['a', 'b', 'c', 'a', 'd']) await cache.get(of(owner), soon());
    expect(minted).toBe(4);
    await cache.get(of('a'), soon());
    expect(minted).toBe(4);
    await cache.get(of('b'), soon());
    expect(minted).toBe(5);
  });

  describe('whose renewal hangs', () => {
    const hang = (): Promise<IssuedToken> => new Promise(() => undefined);

    it('is asked for anew by who joined, within their own time, and once for all of them', async () => {
      const first = cache.get(of('a', hang), Deadline.after(300)).catch((error: unknown) => error);
      const joiners = Array.from({ length: 5 }, () => cache.get(of('a'), Deadline.after(200)));
      expect(new Set(await Promise.all(joiners))).toEqual(new Set(['token 1']));
      expect(await first).toMatchObject({ fault: 'timeout' });
    });

    it('is asked for anew at once when it ended without an answer', async () => {
      let giveUp = (_reason: Error): void => undefined;
      const lost = (): Promise<IssuedToken> => new Promise((_resolve, reject) => (giveUp = reject));
      const first = cache.get(of('a', lost), soon());
      const joiners = Array.from({ length: 5 }, () => cache.get(of('a'), soon()));
      giveUp(timedOut());
      await expect(first).rejects.toMatchObject({ fault: 'timeout' });
      expect(new Set(await Promise.all(joiners))).toEqual(new Set(['token 1']));
      expect(minted).toBe(1);
    });

    it('still counts when it comes first after all', async () => {
      let answer = (_token: IssuedToken): void => undefined;
      const late = (): Promise<IssuedToken> => new Promise((resolve) => (answer = resolve));
      const first = cache.get(of('a', late), soon());
      const joiner = cache.get(of('a', hang), Deadline.after(400));
      setTimeout(() => answer({ value: 'late', lifeMs: HOUR }), 300);
      expect(await Promise.all([first, joiner])).toEqual(['late', 'late']);
    });

    it('is waited for no longer than anybody has time', async () => {
      const began = performance.now();
      const all = [
        cache.get(of('a', hang), Deadline.after(100)),
        cache.get(of('a', hang), Deadline.after(100)),
      ];
      for (const one of await Promise.allSettled(all))
        expect(one).toMatchObject({ reason: { fault: 'timeout', cause: 'no answer in time' } });
      expect(performance.now() - began).toBeLessThan(2_000);
    });
  });

  it('is not asked for again by who joined when the partner said no', async () => {
    let refuse = (_reason: Error): void => undefined;
    const refused = (): Promise<IssuedToken> => new Promise((_resolve, reject) => (refuse = reject));
    const all = [cache.get(of('a', refused), soon()), cache.get(of('a'), soon())];
    refuse(
      new PartnerError('Partner', 'token', 'error', {
        answer: { status: 401, headers: {}, body: Buffer.alloc(0) },
      }),
    );
    for (const one of await Promise.allSettled(all))
      expect(one).toMatchObject({ reason: { fault: 'error' } });
    expect(minted).toBe(0);
  });
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
