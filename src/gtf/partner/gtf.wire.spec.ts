import { readLaunch, readToken } from './gtf.wire';

const HOUR = 3_600_000;

describe('how long a token lives', () => {
  const NOW = Date.parse('2026-11-22T03:00:00Z');
  const jwt = (exp: unknown): string => `e.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.s`;

  it.each([
    [{ token: 't', expiry_seconds: '3600', expires_at: '1' }, HOUR],
    [{ token: 't', expirySeconds: 1800, expiresAt: 1 }, HOUR / 2],
    [{ token: 't', expires_at: String(NOW / 1000 + 60) }, 60_000],
    [{ token: 't', expires_at: '1600000000' }, 300_000],
    [{ token: 't', expiry_seconds: '1e300' }, 300_000],
    [{ token: 't', expirySeconds: 'Infinity' }, 300_000],
    [{ token: jwt(NOW / 1000 + 90) }, 90_000],
    [{ token: jwt('x') }, 300_000],
    [{ token: 'no jwt' }, 300_000],
  ])('%j', (data, lifeMs) => {
    expect(readToken(data, NOW)).toEqual({ value: data.token, lifeMs });
  });

  it('is nothing without a token, and a launch page lives as long as it says', () => {
    expect(readToken({ expiry_seconds: '3600' }, NOW)).toBeUndefined();
    expect(readLaunch({ launchUrl: 'x', expirySeconds: '60' }, NOW)?.lifeMs).toBe(60_000);
  });
});
