import { createHmac, createSign, constants, generateKeyPairSync } from 'node:crypto';
import { type AuthGateway, startAuthGateway } from '../gateway.fixture';
import { base64url, published, type RealmKey, realmKey, signed, SimasIdFixture } from '../simas-id.fixture';
import type { Reason } from './token-refused';

type Members = Readonly<Record<string, unknown>>;
/** A token no business unit may accept, and the reason it must be refused for. */
type Hostile = readonly [name: string, reason: Reason, token: () => string];

let simasId: SimasIdFixture;
let gateway: AuthGateway;
let stranger: RealmKey;

beforeAll(async () => {
  simasId = await new SimasIdFixture().start();
  stranger = realmKey();
  gateway = await startAuthGateway(simasId.environment);
});
afterAll(async () => {
  await gateway.app.close();
  await simasId.stop();
});

const now = (): number => Math.floor(Date.now() / 1000);
const headerOf = (changes: Members = {}): Members => ({
  alg: 'RS256',
  typ: 'JWT',
  kid: simasId.key.kid,
  ...changes,
});
const good = (): string => simasId.token();
const parts = (token = good()): [string, string, string] => token.split('.') as [string, string, string];
const json = (value: Members): string => JSON.stringify(value);
/** A proper token whose header or payload is written as text. */
const raw = (header: unknown, payload: unknown): string => signed(header, payload, simasId.key);
const withClaims = (changes: Members): string => simasId.token(changes);
const withHeader = (changes: Members): string => simasId.token({}, changes);
const without = (claim: string): string => withClaims({ [claim]: undefined });

function rsa(algorithm: string, digest: string, padding = constants.RSA_PKCS1_PADDING): string {
  const input = `${base64url(headerOf({ alg: algorithm }))}.${base64url(simasId.claims())}`;
  const signature = createSign(digest).update(input).sign({ key: simasId.key.privateKey, padding });
  return `${input}.${signature.toString('base64url')}`;
}

/** The classic confusion: the public key, which everybody knows, used as the secret of an HMAC. */
function hmac(algorithm: string, secret: string | Buffer, header: Members = {}): string {
  const input = `${base64url(headerOf({ alg: algorithm, ...header }))}.${base64url(simasId.claims())}`;
  return `${input}.${createHmac(`sha${algorithm.slice(2)}`, secret)
    .update(input)
    .digest('base64url')}`;
}

function publicPem(): string {
  return simasId.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function es256(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const input = `${base64url(headerOf({ alg: 'ES256' }))}.${base64url(simasId.claims())}`;
  return `${input}.${createSign('sha256').update(input).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' }, 'base64url')}`;
}

const UNSIGNED: readonly Hostile[] = [
  ...['none', 'None', 'NONE', 'nOnE', '', ' none', 'none '].map((alg): Hostile => [
    `is unsigned, alg ${JSON.stringify(alg)}`,
    'algorithm_not_allowed',
    () => `${base64url(headerOf({ alg }))}.${base64url(simasId.claims())}.`,
  ]),
  ...['none', 'NONE'].map((alg): Hostile => [
    `says alg ${alg} but carries a proper signature`,
    'algorithm_not_allowed',
    () => raw(headerOf({ alg }), simasId.claims()),
  ]),
  ...[null, undefined, 256, true, ['RS256'], { name: 'RS256' }].map((alg): Hostile => [
    `has the algorithm ${JSON.stringify(alg) ?? 'left out'}`,
    'algorithm_not_allowed',
    () => withHeader({ alg }),
  ]),
  ...['rs256', 'RS256 ', 'RS-256', 'RSA-SHA256', 'HS256', 'EdDSA', 'ES256K', 'RSA-OAEP', 'dir', 'RS1'].map(
    (alg): Hostile => [
      `calls its algorithm ${JSON.stringify(alg)}`,
      'algorithm_not_allowed',
      () => withHeader({ alg }),
    ],
  ),
];

const OTHER_ALGORITHMS: readonly Hostile[] = [
  ['is signed with RS384', 'algorithm_not_allowed', () => rsa('RS384', 'sha384')],
  ['is signed with RS512', 'algorithm_not_allowed', () => rsa('RS512', 'sha512')],
  [
    'is signed with PS256',
    'algorithm_not_allowed',
    () => rsa('PS256', 'sha256', constants.RSA_PKCS1_PSS_PADDING),
  ],
  [
    'is signed with PS512',
    'algorithm_not_allowed',
    () => rsa('PS512', 'sha512', constants.RSA_PKCS1_PSS_PADDING),
  ],
  ['is signed with ES256', 'algorithm_not_allowed', es256],
  [
    'says RS256 and is signed with PS256',
    'signature_invalid',
    () => rsa('RS256', 'sha256', constants.RSA_PKCS1_PSS_PADDING),
  ],
  ['says RS256 and is signed with SHA-1', 'signature_invalid', () => rsa('RS256', 'sha1')],
  ['says RS256 and is signed with SHA-512', 'signature_invalid', () => rsa('RS256', 'sha512')],
  ['is an HMAC with the public key as PEM', 'algorithm_not_allowed', () => hmac('HS256', publicPem())],
  [
    'is an HMAC with the public key as PEM, without the last newline',
    'algorithm_not_allowed',
    () => hmac('HS256', publicPem().trim()),
  ],
  [
    'is an HMAC with the public key as DER',
    'algorithm_not_allowed',
    () => hmac('HS256', simasId.key.publicKey.export({ type: 'spki', format: 'der' })),
  ],
  [
    'is an HMAC with the modulus',
    'algorithm_not_allowed',
    () => hmac('HS256', Buffer.from(String(simasId.key.publicKey.export({ format: 'jwk' }).n), 'base64url')),
  ],
  ['is an HMAC-384 with the public key', 'algorithm_not_allowed', () => hmac('HS384', publicPem())],
  ['is an HMAC-512 with the public key', 'algorithm_not_allowed', () => hmac('HS512', publicPem())],
  ['is an HMAC with an empty secret', 'algorithm_not_allowed', () => hmac('HS256', '')],
  ['is an HMAC that says RS256', 'signature_invalid', () => hmac('HS256', publicPem(), { alg: 'RS256' })],
];

const SIGNATURES: readonly Hostile[] = [
  ['has no signature', 'signature_invalid', () => `${parts()[0]}.${parts()[1]}.`],
  ['has a signature of one byte', 'signature_invalid', () => `${parts()[0]}.${parts()[1]}.AA`],
  [
    'has a signature of zeros',
    'signature_invalid',
    () => `${parts()[0]}.${parts()[1]}.${Buffer.alloc(256).toString('base64url')}`,
  ],
  [
    'has a signature of ones',
    'signature_invalid',
    () => `${parts()[0]}.${parts()[1]}.${Buffer.alloc(256, 255).toString('base64url')}`,
  ],
  ['has a truncated signature', 'signature_invalid', () => good().slice(0, -4)],
  ['has a signature with four characters more', 'signature_invalid', () => `${good()}AAAA`],
  [
    'has a signature preceded by a zero byte',
    'signature_invalid',
    () =>
      `${parts()[0]}.${parts()[1]}.${Buffer.concat([Buffer.alloc(1), Buffer.from(parts()[2], 'base64url')]).toString('base64url')}`,
  ],
  [
    'has the signature of another token',
    'signature_invalid',
    () => `${parts()[0]}.${parts()[1]}.${parts(withClaims({ sub: 'other' }))[2]}`,
  ],
  [
    'has the payload of another token',
    'signature_invalid',
    () => `${parts()[0]}.${parts(withClaims({ sub: 'other' }))[1]}.${parts()[2]}`,
  ],
  [
    'has the header of another token',
    'signature_invalid',
    () => `${parts(withHeader({ typ: 'at+jwt' }))[0]}.${parts()[1]}.${parts()[2]}`,
  ],
  [
    'has header and payload swapped',
    'algorithm_not_allowed',
    () => `${parts()[1]}.${parts()[0]}.${parts()[2]}`,
  ],
  [
    "is signed by a stranger who uses SIMAS-ID's key id",
    'signature_invalid',
    () => signed(headerOf(), simasId.claims(), stranger),
  ],
  [
    'is signed over the payload alone',
    'signature_invalid',
    () => {
      const [header, payload] = parts();
      return `${header}.${payload}.${createSign('sha256').update(payload).sign(simasId.key.privateKey, 'base64url')}`;
    },
  ],
  [
    'is signed over header and payload without the dot',
    'signature_invalid',
    () => {
      const [header, payload] = parts();
      return `${header}.${payload}.${createSign('sha256')
        .update(header + payload)
        .sign(simasId.key.privateKey, 'base64url')}`;
    },
  ],
];

const KEY_IDS: readonly Hostile[] = [
  ...[undefined, null, '', 0, 7, true, {}, [], ['x'], { kid: 'x' }].map((kid): Hostile => [
    `has the key id ${JSON.stringify(kid) ?? 'left out'}`,
    'key_id_missing',
    () => withHeader({ kid }),
  ]),
  ['has a key id of 257 characters', 'key_id_missing', () => withHeader({ kid: 'k'.repeat(257) })],
  ['has a key id of 4 KB', 'key_id_missing', () => withHeader({ kid: 'k'.repeat(4096) })],
  ...[
    'unknown',
    '../../../etc/passwd',
    '/dev/null',
    "' OR '1'='1",
    "x' UNION SELECT 'secret",
    '$(id)',
    '`id`',
    '; DROP TABLE jwks_snapshot',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '\u0000',
    '\r\nX-Injected: 1',
    '<script>',
    'http://127.0.0.1/keys',
    '*',
    '%',
    '\u202e',
    '0',
    'null',
  ].map((kid): Hostile => [
    `has the unknown key id ${JSON.stringify(kid)}`,
    'key_unknown',
    () => withHeader({ kid }),
  ]),
  ['has the key id with a blank behind', 'key_unknown', () => withHeader({ kid: `${simasId.key.kid} ` })],
  [
    'has the key id in upper case',
    'key_unknown',
    () => withHeader({ kid: `${simasId.key.kid}x`.toUpperCase() }),
  ],
];

const HEADER_HINTS: readonly Hostile[] = [
  [
    'brings its own key (jwk) under a known key id',
    'signature_invalid',
    () => signed(headerOf({ jwk: published(stranger) }), simasId.claims(), stranger),
  ],
  [
    'brings its own key (jwk) under an own key id',
    'key_unknown',
    () => signed(headerOf({ kid: 'mine', jwk: published(stranger) }), simasId.claims(), stranger),
  ],
  [
    'points at its own key set (jku)',
    'key_unknown',
    () => signed(headerOf({ kid: 'mine', jku: `${simasId.url}/evil` }), simasId.claims(), stranger),
  ],
  [
    'points at its own key set (jku) under a known key id',
    'signature_invalid',
    () => signed(headerOf({ jku: 'https://evil.example/certs' }), simasId.claims(), stranger),
  ],
  [
    'points at its own certificate (x5u)',
    'key_unknown',
    () => signed(headerOf({ kid: 'mine', x5u: 'https://evil.example/cert.pem' }), simasId.claims(), stranger),
  ],
  [
    'brings its own certificate (x5c)',
    'key_unknown',
    () => signed(headerOf({ kid: 'mine', x5c: ['MIIB'] }), simasId.claims(), stranger),
  ],
  [
    'brings its own certificate (x5c) under a known key id',
    'signature_invalid',
    () => signed(headerOf({ x5c: ['MIIB'] }), simasId.claims(), stranger),
  ],
  ...[['exp'], [], ['b64'], 'exp', null, {}].map((crit): Hostile => [
    `demands the extensions ${JSON.stringify(crit)}`,
    'critical_header',
    () => withHeader({ crit }),
  ]),
  ['demands an unencoded payload', 'critical_header', () => withHeader({ crit: ['b64'], b64: false })],
  ...[
    'jwt',
    'JWS',
    'JOSE',
    'at+JWT',
    'application/at+jwt',
    'logout+jwt',
    'dpop+jwt',
    'id+jwt',
    '',
    null,
    5,
    ['JWT'],
    {},
  ].map((typ): Hostile => [
    `has the header type ${JSON.stringify(typ)}`,
    'header_type_not_allowed',
    () => withHeader({ typ }),
  ]),
];

const ISSUERS: readonly Hostile[] = [
  ...['https://sso-stg.simas-id.com/realms/simas-id', '', null, 5, {}, 'simas-id', 'null', 'undefined'].map(
    (iss): Hostile => [
      `comes from the issuer ${JSON.stringify(iss)}`,
      'issuer_wrong',
      () => withClaims({ iss }),
    ],
  ),
  ['names no issuer', 'issuer_wrong', () => without('iss')],
  ['has a slash behind the issuer', 'issuer_wrong', () => withClaims({ iss: `${simasId.issuer}/` })],
  ['has a blank behind the issuer', 'issuer_wrong', () => withClaims({ iss: `${simasId.issuer} ` })],
  ['has the issuer in upper case', 'issuer_wrong', () => withClaims({ iss: simasId.issuer.toUpperCase() })],
  ['has the issuer in a list', 'issuer_wrong', () => withClaims({ iss: [simasId.issuer] })],
  ['comes from another realm', 'issuer_wrong', () => withClaims({ iss: `${simasId.url}/realms/master` })],
  [
    'has an issuer that only begins like ours',
    'issuer_wrong',
    () => withClaims({ iss: `${simasId.issuer}.evil.example` }),
  ],
];

const AUDIENCES: readonly Hostile[] = [
  ['has no audience', 'audience_malformed', () => without('aud')],
  ...[
    null,
    '',
    5,
    true,
    {},
    [],
    [''],
    [null],
    ['nanovest', 5],
    ['nanovest', null],
    ['nanovest', ['siminvest']],
    { 0: 'nanovest' },
  ].map((aud): Hostile => [
    `has the audience ${JSON.stringify(aud)}`,
    'audience_malformed',
    () => withClaims({ aud }),
  ]),
  ...[
    'account',
    'nanovest2',
    'Nanovest',
    'NANOVEST',
    ' nanovest',
    'nanovest ',
    'nano',
    'nanovest,siminvest',
    'nanovest siminvest',
    '*',
    '__proto__',
    'constructor',
    ['account', 'realm-management'],
    ['nanovest-web'],
  ].map((aud): Hostile => [`is for ${JSON.stringify(aud)}`, 'audience_wrong', () => withClaims({ aud })]),
  [
    'is for both units and issued to neither',
    'party_wrong',
    () => withClaims({ aud: ['nanovest', 'siminvest'], azp: 'account' }),
  ],
  [
    'is for both units and does not say to whom it was issued',
    'audience_ambiguous',
    () => withClaims({ aud: ['nanovest', 'siminvest'], azp: undefined }),
  ],
  ['is for Nanovest but issued to SimInvest', 'party_wrong', () => withClaims({ azp: 'siminvest' })],
  ['is for SimInvest but issued to Nanovest', 'party_wrong', () => withClaims({ aud: 'siminvest' })],
  [
    "is for SimInvest but issued to Nanovest's web app",
    'party_wrong',
    () => withClaims({ aud: 'siminvest', azp: 'nanovest-web' }),
  ],
  ['does not say to whom it was issued', 'party_missing', () => without('azp')],
  ...[null, '', 5, {}, ['nanovest'], 'Nanovest', 'nanovest ', 'nanovest-tv', 'account'].map(
    (azp): Hostile => [`was issued to ${JSON.stringify(azp)}`, 'party_wrong', () => withClaims({ azp })],
  ),
];

const TIMES: readonly Hostile[] = [
  ['never expires', 'expiry_missing', () => without('exp')],
  ...[
    null,
    '',
    String(2_000_000_000),
    true,
    [],
    {},
    0,
    -1,
    2_000_000_000.5,
    1e99,
    Number.MAX_SAFE_INTEGER + 1,
  ].map((exp): Hostile => [`expires at ${JSON.stringify(exp)}`, 'expiry_missing', () => withClaims({ exp })]),
  [
    'expires at 1e999',
    'expiry_missing',
    () => raw(json(headerOf()), json(simasId.claims()).replace(/"exp":\d+/, '"exp":1e999')),
  ],
  ['expired a second beyond the skew', 'expired', () => withClaims({ iat: now() - 300, exp: now() - 31 })],
  ['expired exactly when the skew ends', 'expired', () => withClaims({ iat: now() - 300, exp: now() - 30 })],
  ['expired an hour ago', 'expired', () => withClaims({ iat: now() - 7200, exp: now() - 3600 })],
  ['expired in 1970', 'expired', () => withClaims({ iat: undefined, exp: 1 })],
  ['lives 25 hours', 'lifetime_too_long', () => withClaims({ exp: now() + 25 * 3600 })],
  [
    'lives a second more than 24 hours',
    'lifetime_too_long',
    () => withClaims({ iat: now(), exp: now() + 86_401 }),
  ],
  [
    'lives a year, and hides when it was issued',
    'lifetime_too_long',
    () => withClaims({ iat: undefined, exp: now() + 365 * 86_400 }),
  ],
  ['gives its times in milliseconds', 'lifetime_too_long', () => withClaims({ exp: Date.now() })],
  [
    'was issued a minute from now',
    'issued_in_future',
    () => withClaims({ iat: now() + 60, exp: now() + 300 }),
  ],
  ['was issued after it expires', 'times_malformed', () => withClaims({ iat: now() + 20, exp: now() + 10 })],
  ...['1', null, 1.5, -1, 0, {}, [], true].map((iat): Hostile => [
    `was issued at ${JSON.stringify(iat)}`,
    'times_malformed',
    () => withClaims({ iat }),
  ]),
  [
    'belongs to a service account',
    'service_account',
    () => withClaims({ preferred_username: 'service-account-nanovest', client_id: 'nanovest' }),
  ],
  ['is valid from a minute from now', 'not_yet_valid', () => withClaims({ nbf: now() + 60 })],
  ...['1', null, 1.5, -1, {}, [now()]].map((nbf): Hostile => [
    `is valid from ${JSON.stringify(nbf)}`,
    'times_malformed',
    () => withClaims({ nbf }),
  ]),
];

const TYPES: readonly Hostile[] = [
  ['does not say that it is an access token', 'type_not_access', () => without('typ')],
  ...[
    'ID',
    'Refresh',
    'Offline',
    'Logout',
    'Serialized-ID',
    'DPoP',
    'bearer',
    'BEARER',
    'Bearer ',
    'JWT',
    '',
    null,
    1,
    ['Bearer'],
    {},
  ].map((typ): Hostile => [
    `is of the type ${JSON.stringify(typ)}`,
    'type_not_access',
    () => withClaims({ typ }),
  ]),
  ...[undefined, null, '', ' ', '\t\n', 5, true, {}, ['x'], 'x'.repeat(256)].map((sub): Hostile => [
    `names ${JSON.stringify(sub) ?? 'nobody'}`.slice(0, 60),
    'subject_missing',
    () => withClaims({ sub }),
  ]),
];

const SPELLINGS: readonly Hostile[] = [
  ...[
    'x',
    'null',
    'undefined',
    'a.b',
    'a.b.c.d',
    '...',
    '..',
    '.',
    'a..c',
    'Bearer',
    'eyJ',
    '{}.{}.{}',
    '%65yJ.a.b',
    '=.=.=',
  ].map((token): Hostile => [`is ${token}`, 'token_malformed', () => token]),
  ['has five parts', 'token_malformed', () => `${good()}.x.y`],
  ['has two parts', 'token_malformed', () => parts().slice(0, 2).join('.')],
  ['has an empty header', 'token_malformed', () => `.${parts()[1]}.${parts()[2]}`],
  ['has an empty payload', 'token_malformed', () => `${parts()[0]}..${parts()[2]}`],
  ['ends with a dot', 'token_malformed', () => `${good()}.`],
  ['is padded', 'token_malformed', () => `${good()}=`],
  [
    'is written in base64 instead of base64url',
    'token_malformed',
    () => `${parts()[0]}.${parts()[1]}.+/${parts()[2].slice(2)}`,
  ],
  ['has a blank inside', 'token_malformed', () => good().replace('.', ' .')],
  ['is two tokens with a comma', 'token_malformed', () => `${good()}, Bearer ${good()}`],
  ['is in quotes', 'token_malformed', () => `"${good()}"`],
  ['has a letter outside of ASCII', 'token_malformed', () => `${good()}é`],
  [
    'has a stray bit behind the signature',
    'signature_invalid',
    () => `${good().slice(0, -1)}${strayBit(good().at(-1))}`,
  ],
  ['has a signature of an impossible length', 'signature_invalid', () => `${parts()[0]}.${parts()[1]}.AAAAA`],
  ['is larger than 8 KiB', 'token_too_large', () => withClaims({ padding: 'x'.repeat(8 * 1024) })],
  ['is 12 KB of letters', 'token_too_large', () => 'x'.repeat(12 * 1024)],
  ...[
    '[]',
    '"x"',
    '5',
    'null',
    'true',
    '{',
    '{"alg":"RS256"',
    "{'alg':'RS256'}",
    '',
    ' ',
    '\u0000',
    '\ufeff{"alg":"RS256","kid":"x"}',
  ].map((header): Hostile => [
    `has the header ${JSON.stringify(header)}`,
    'token_malformed',
    () => raw(header, json(simasId.claims())),
  ]),
  ...['[]', '"x"', '5', 'null', '{', '{"iss":}', '{"a":1,}', '{"a":NaN}', '{"a":01}', '//{}'].map(
    (payload): Hostile => [
      `has the payload ${JSON.stringify(payload)}`,
      'token_malformed',
      () => raw(json(headerOf()), payload),
    ],
  ),
  [
    'has a payload that is no UTF-8',
    'token_malformed',
    () => {
      const input = `${base64url(headerOf())}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}`;
      return `${input}.${createSign('sha256').update(input).sign(simasId.key.privateKey, 'base64url')}`;
    },
  ],
];

const REPEATED_MEMBERS: readonly Hostile[] = [
  [
    'names the algorithm twice',
    'token_malformed',
    () => raw(`{"alg":"none",${json(headerOf()).slice(1)}`, json(simasId.claims())),
  ],
  [
    'names the key twice',
    'token_malformed',
    () => raw(`{"kid":"mine",${json(headerOf()).slice(1)}`, json(simasId.claims())),
  ],
  ...['iss', 'aud', 'azp', 'exp', 'sub', 'typ', 'preferred_username'].map((claim): Hostile => [
    `has ${claim} twice`,
    'token_malformed',
    () => raw(json(headerOf()), `{"${claim}":"x",${json(simasId.claims()).slice(1)}`),
  ]),
  [
    'has exp twice, once in disguise',
    'token_malformed',
    () => raw(json(headerOf()), `{"\\u0065xp":1,${json(simasId.claims()).slice(1)}`),
  ],
  [
    'repeats a member deep inside',
    'token_malformed',
    () => raw(json(headerOf()), `{"realm_access":{"a":1,"a":2},${json(simasId.claims()).slice(1)}`),
  ],
];

function strayBit(last = 'A'): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(last) + 1] ?? 'B';
}

const HOSTILE: readonly Hostile[] = [
  ...UNSIGNED,
  ...OTHER_ALGORITHMS,
  ...SIGNATURES,
  ...KEY_IDS,
  ...HEADER_HINTS,
  ...ISSUERS,
  ...AUDIENCES,
  ...TIMES,
  ...TYPES,
  ...SPELLINGS,
  ...REPEATED_MEMBERS,
];

describe('no business unit accepts a token that', () => {
  it.each(HOSTILE)('%s (%s)', async (_, reason, token) => {
    const answer = await gateway.server.inject({
      method: 'GET',
      url: '/v1/me',
      headers: { authorization: `Bearer ${token()}` },
    });
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([
      401,
      `Bearer realm="kyc-gateway", error="invalid_token", error_description="${reason}"`,
    ]);
    expect(answer.json()).toMatchObject({ code: 'invalid_token' });
  });

  it('is in a list of at least 200', () => {
    expect(new Set(HOSTILE.map(([name]) => name)).size).toBe(HOSTILE.length);
    expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
  });

  it('leaves no trace of itself in the log', () => {
    expect(gateway.log()).toContain('access token refused');
    expect(gateway.log()).not.toMatch(/eyJ|279d5a1e|6285610573956/);
  });
});
