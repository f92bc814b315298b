import fc from 'fast-check';
import type { FastifyRequest } from 'fastify';
import { base64url } from '../simas-id.fixture';
import { bearerToken, HEADER_RULES, isBearer, objectIn, parseAccessToken } from './access-token';
import { TokenRefused } from './token-refused';

const HEADER = { alg: 'RS256', typ: 'JWT', kid: 'key-1' };
const SIGNATURE = Buffer.from('signature').toString('base64url');
const token = (header: unknown, payload: unknown, signature = SIGNATURE): string =>
  [base64url(header), base64url(payload), signature].join('.');

/** Why it is refused; what it is where it is not. */
function refusal(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error instanceof TokenRefused ? error.reason : error;
  }
}

describe('an Authorization header', () => {
  const bearer = (authorization?: string): unknown =>
    refusal(() => bearerToken({ headers: { authorization } } as FastifyRequest));

  it.each([['Bearer'], ['bearer x'], ['BEARER   x']])('%j names the Bearer scheme', (header) =>
    expect(isBearer(header)).toBe(true),
  );

  it.each([[undefined], [''], ['Basic eA=='], ['bearerx y'], ['bearer\tx'], ['x bearer y']])(
    '%j names another one, or none',
    (header) => {
      expect(isBearer(header)).toBe(false);
      expect(bearer(header)).toBe('token_malformed');
    },
  );

  it.each([['Bearer'], ['Bearer '], ['Bearer    ']])('%j brings no token', (header) =>
    expect(bearer(header)).toBe('token_malformed'),
  );

  it('brings what follows the scheme, however many blanks stand between, up to 8 KiB', () => {
    for (const scheme of ['Bearer ', 'bearer    ']) expect(bearer(`${scheme}a.b c`)).toBe('a.b c');
    expect(bearer(`Bearer ${'x'.repeat(8_192)}`)).toBe('x'.repeat(8_192));
    expect(bearer(`Bearer ${'x'.repeat(8_193)}`)).toBe('token_too_large');
  });
});

describe('an access token', () => {
  const parsed = (raw: string): unknown => refusal(() => parseAccessToken(raw));

  it('is taken apart, whatever it claims: key and claims', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (claims, bytes) => {
          const raw = token(HEADER, claims, Buffer.from(bytes).toString('base64url'));
          const written = JSON.parse(JSON.stringify(claims)) as unknown;
          expect(parseAccessToken(raw)).toEqual({ raw, keyId: 'key-1', claims: written });
        },
      ),
    );
  });

  it('never repeats a member, on whatever level: parsers disagree on which one counts', () => {
    const name = fc.string({ unit: fc.constantFrom('a', '"', ':', '\\', '{', 'é'), maxLength: 4 });
    fc.assert(
      fc.property(
        name,
        fc.jsonValue(),
        fc.constantFrom('', '{"x":', '[{"y":[1,', '[null,'),
        (member, value, outer) => {
          const twice = `{${JSON.stringify(member)}:${JSON.stringify(value)},${JSON.stringify(member)}:1}`;
          const closed = { '': '', '{"x":': '}', '[{"y":[1,': ']}]', '[null,': ']' }[outer] ?? '';
          expect(objectIn(base64url(`{"claim":${outer}${twice}${closed}}`))).toBeUndefined();
          const once = twice.replace(/,[^,]*$/, '}');
          expect(objectIn(base64url(`{"claim":${outer}${once}${closed}}`))).toBeDefined();
        },
      ),
    );
  });

  it.each([
    ...['', 'x', 'a.b', '..', `.${token(HEADER, {})}`, `${token(HEADER, {})}.x`, `${token(HEADER, {})}=`],
    ...['null', '[]', '5', '"x"', '{', '', '\u0000'].map((payload) => token(HEADER, payload)),
    ...['null', '[]', '{"alg":"RS256","alg":"RS256","kid":"k"}'].map((header) => token(header, {})),
    token(HEADER, {}).replace('.', '=.'),
    token(HEADER, {}).replace(`.${SIGNATURE}`, ''),
    [base64url(HEADER), Buffer.from('{"\xff":1}', 'latin1').toString('base64url'), SIGNATURE].join('.'),
  ])('is not %j', (raw) => expect(parsed(raw)).toBe('token_malformed'));

  it.each([
    ['algorithm_not_allowed', { alg: 'none' }],
    ['algorithm_not_allowed', { alg: undefined }],
    ['critical_header', { crit: [] }],
    ['header_type_not_allowed', { typ: 'JWE' }],
    ['key_id_missing', { kid: undefined }],
    ['key_id_missing', { kid: '' }],
    ['key_id_missing', { kid: 7 }],
    ['key_id_missing', { kid: ['k'] }],
    ['key_id_missing', { kid: 'k'.repeat(257) }],
  ])('is refused for %s with the header %j', (reason, changes) =>
    expect(parsed(token({ ...HEADER, ...changes }, {}))).toBe(reason),
  );

  it.each([
    [{ typ: undefined }],
    [{ typ: 'at+jwt' }],
    [{ kid: 'k'.repeat(256) }],
    [{ jku: 'https://evil.example' }],
  ])('may have the header %j', (changes) => {
    const header = { ...HEADER, ...changes };
    expect(parsed(token(header, {}))).toMatchObject({ keyId: header.kid });
  });

  it('has four rules for its header that an operator can read', () => {
    expect(HEADER_RULES.map(([member, wanted]) => `${member}: ${wanted}`)).toEqual([
      'alg: RS256',
      'crit: absent',
      'typ: absent, JWT or at+jwt',
      'kid: text of 1 to 256 characters',
    ]);
  });

  it('with a signature that is none is told apart from one that is no text of base64url', () => {
    for (const signature of ['', 'A', 'AB', 'AAAAA', '_-_-_'])
      expect(parsed(token(HEADER, {}, signature))).toBe('signature_invalid');
    for (const signature of ['=', 'AA=', 'A A', '+/', 'é'])
      expect(parsed(token(HEADER, {}, signature))).toBe('token_malformed');
  });
});
