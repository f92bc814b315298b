import { Clock } from '../../platform/time';
import { TokenCache } from './token-cache';
import { type IssuedToken, readLife, readToken } from './token.wire';

class SetClock extends Clock {
  at = 1_000_000;
  override now(): number {
    return this.at;
  }
}

const HOUR = 3_600_000;

describe('a cached token', () => {
  let clock: SetClock;
  let cache: TokenCache;
  let minted: number;
  const mint = (): Promise<IssuedToken> => Promise.resolve({ value: `token ${(minted += 1)}`, lifeMs: HOUR });

  beforeEach(() => {
    clock = new SetClock();
    cache = new TokenCache(clock, 3);
    minted = 0;
  });

  it('is minted once, however many ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 50 }, () => cache.get('a', mint)));
    expect(new Set(asked)).toEqual(new Set(['token 1']));
  });

  it('is renewed shortly before it ends, and nobody waits for it', async () => {
    await cache.get('a', mint);
    clock.at += HOUR - 300_001;
    expect(await cache.get('a', mint)).toBe('token 1');
    clock.at += 2;
    expect(await cache.get('a', mint)).toBe('token 1');
    await Promise.resolve();
    expect(await cache.get('a', mint)).toBe('token 2');
    expect(minted).toBe(2);
  });

  it('goes on being used when its renewal fails, until it ends', async () => {
    await cache.get('a', mint);
    const fail = (): Promise<IssuedToken> => Promise.reject(new Error('away'));
    clock.at += HOUR - 1;
    expect(await cache.get('a', fail)).toBe('token 1');
    clock.at += 1;
    await expect(cache.get('a', fail)).rejects.toThrow('away');
    expect(await cache.get('a', mint)).toBe('token 2');
  });

  it('that was refused is forgotten, its successor is not', async () => {
    const first = await cache.get('a', mint);
    cache.drop('a', first);
    const second = await cache.get('a', mint);
    cache.drop('a', first);
    expect(await cache.get('a', mint)).toBe(second);
  });

  it('makes room for others when it was not used for longest', async () => {
    for (const owner of ['a', 'b', 'c', 'a', 'd']) await cache.get(owner, mint);
    expect(minted).toBe(4);
    await cache.get('a', mint);
    expect(minted).toBe(4);
    await cache.get('b', mint);
    expect(minted).toBe(5);
  });
});

describe('how long a token lives', () => {
  const NOW = Date.parse('2026-11-22T03:00:00Z');
  const jwt = (exp: unknown): string => `e.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.s`;

  it.each([
    [{ token: 't', expiry_seconds: '3600', expires_at: '1' }, HOUR],
    [{ token: 't', expirySeconds: 1800, expiresAt: 1 }, HOUR / 2],
    [{ token: 't', expires_at: String(NOW / 1000 + 60) }, 60_000],
    [{ token: 't', expires_at: '1600000000' }, 300_000],
    [{ token: jwt(NOW / 1000 + 90) }, 90_000],
    [{ token: jwt('x') }, 300_000],
    [{ token: 'no jwt' }, 300_000],
  ])('%j', (data, lifeMs) => {
    expect(readToken(data, NOW)).toEqual({ value: data.token, lifeMs });
  });

  it('is nothing without a token, and a launch page lives as long as it says', () => {
    expect(readToken({ expiry_seconds: '3600' }, NOW)).toBeUndefined();
    expect(readLife({ launchUrl: 'x', expirySeconds: '60' }, NOW)).toBe(60_000);
  });
});
