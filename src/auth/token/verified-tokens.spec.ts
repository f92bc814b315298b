import type { KeyObject } from 'node:crypto';
import { MovableClock } from '../gateway.fixture';
import type { JwksCache } from '../keys/jwks-cache';
import { realmKey } from '../simas-id.fixture';
import { digestOf, type VerifiedToken, VerifiedTokens } from './verified-tokens';

const { publicKey: key } = realmKey();

function setUp(): {
  tokens: VerifiedTokens;
  clock: MovableClock;
  keys: Map<string, KeyObject>;
  entry: VerifiedToken;
} {
  const clock = new MovableClock();
  const keys = new Map([['k', key]]);
  const tokens = new VerifiedTokens(
    { current: (keyId: string) => keys.get(keyId) } as unknown as JwksCache,
    clock,
  );
  const caller = {
    kind: 'user' as const,
    businessUnit: 'nanovest',
    subject: 's',
    phoneNumber: null,
    emailAddresses: [],
    name: null,
    expiresAt: new Date(clock.now() + 60_000),
  };
  return { tokens, clock, keys, entry: { caller, keyId: 'k', key } };
}

describe('a verified token', () => {
  const digest = digestOf('a.b.c');

  it('is known when it comes again, and no other is', () => {
    const { tokens, entry } = setUp();
    tokens.remember(digest, entry);
    expect(tokens.find(digest)).toBe(entry.caller);
    expect(tokens.find(digestOf('a.b.d'))).toBeUndefined();
  });

  it('is forgotten the moment it expires', () => {
    const { tokens, clock, entry } = setUp();
    tokens.remember(digest, entry);
    clock.ahead += 59_000;
    expect(tokens.find(digest)).toBe(entry.caller);
    clock.ahead += 1_000;
    expect(tokens.find(digest)).toBeUndefined();
  });

  it('is not remembered at all once it expired, though the skew still lets it in', () => {
    const { tokens, clock, entry } = setUp();
    clock.ahead += 61_000;
    tokens.remember(digest, entry);
    clock.ahead -= 61_000;
    expect(tokens.find(digest)).toBeUndefined();
  });

  it('is forgotten when its key is withdrawn, or replaced under the same id', () => {
    const { tokens, keys, entry } = setUp();
    tokens.remember(digest, entry);
    keys.set('k', realmKey().publicKey);
    expect(tokens.find(digest)).toBeUndefined();
    keys.set('k', key);
    expect(tokens.find(digest)).toBeUndefined();
    tokens.remember(digest, entry);
    keys.clear();
    expect(tokens.find(digest)).toBeUndefined();
  });

  it('leaves nothing of itself in memory but a digest of fixed length', () => {
    expect(digest).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  });
});
