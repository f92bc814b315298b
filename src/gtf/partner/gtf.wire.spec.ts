import { readCreated, readIssued } from './gtf.wire';

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
    [{ token: jwt(NOW + 90_000) }, 300_000], // milliseconds
    [{ token: jwt((NOW + 90_000) * 1000) }, 300_000], // microseconds
    [{ token: 'no jwt' }, 300_000],
  ])('%j', (data, lifeMs) => {
    expect(readIssued(data, NOW)).toEqual({ token: data.token, launchUrl: null, lifeMs });
  });

  it('is nothing without a token, and a launch page lives as long as it says', () => {
    expect(readIssued({ expiry_seconds: '3600' }, NOW).token).toBeNull();
    const launchUrl = 'HTTPS://GTF.example/web';
    expect(readIssued({ launchUrl, expirySeconds: '60' }, NOW)).toEqual({
      token: null,
      launchUrl: 'https://gtf.example/web',
      lifeMs: 60_000,
    });
    expect(readIssued({ launchUrl: 'no address' }, NOW).launchUrl).toBeNull();
  });
});

describe('the documents that GTF wants', () => {
  const askedAt = new Date('2026-11-22T03:00:00Z');
  const of = (documents: unknown): unknown => readCreated({ submissionId: 's', documents }, askedAt);

  it('are read by whatever names they have, and with the addresses that will be called', () => {
    const documents = {
      KTP: { documentUrl: 'https://Storage.example/1?a=b', expiryInSeconds: '60' },
      SELFIE: { documentUrl: 'https://storage.example/2' },
    };
    expect(of(documents)).toEqual({
      submissionId: 's',
      documents: [
        {
          type: 'KTP',
          uploadUrl: 'https://storage.example/1?a=b',
          expiresAt: new Date('2026-11-22T03:01:00Z'),
        },
        {
          type: 'SELFIE',
          uploadUrl: 'https://storage.example/2',
          expiresAt: new Date('2026-11-22T03:10:00Z'),
        },
      ],
    });
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [{ KTP: null }],
    [{ KTP: {} }],
    [{ KTP: { documentUrl: 'no address' } }],
    [{ 'a/b': { documentUrl: 'https://storage.example/1' } }],
  ])('cannot be told from %j', (documents) => {
    expect(of(documents)).toBeUndefined();
  });
});
