import { constants, createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { type AuthGateway, startAuthGateway } from '../gateway.fixture';
import { base64url, published, type RealmKey, realmKey, signed, SimasIdFixture } from '../simas-id.fixture';
import { CLAIMS, HEADERS, type Hostile, type Members } from './hostile-members.fixture';

type Written = readonly [name: string, token: () => string];

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
const withClaims = (changes: Members): string => simasId.token(changes);
const withHeader = (changes: Members): string => simasId.token({}, changes);
/** A token with another third part. */
const withSignature = (signature: string | Buffer): string =>
  `${parts()[0]}.${parts()[1]}.${typeof signature === 'string' ? signature : signature.toString('base64url')}`;
/** A properly signed token whose header or payload is written as text. */
const withHeaderText = (header: string): string =>
  signed(header, JSON.stringify(simasId.claims()), simasId.key);
const withPayloadText = (payload: string): string => signed(headerOf(), payload, simasId.key);
/** The members of a JSON object, behind another one. */
const behind = (first: string, members: Members): string => `{${first},${JSON.stringify(members).slice(1)}`;
const sha256 = (input: string | Buffer): string =>
  createSign('sha256').update(input).sign(simasId.key.privateKey, 'base64url');
const byStranger = (header: Members): string => signed(headerOf(header), simasId.claims(), stranger);

const toBeSigned = (alg: string): string => `${base64url(headerOf({ alg }))}.${base64url(simasId.claims())}`;

function rsa(alg: string, digest: string, padding = constants.RSA_PKCS1_PADDING): string {
  const input = toBeSigned(alg);
  const signature = createSign(digest).update(input).sign({ key: simasId.key.privateKey, padding });
  return `${input}.${signature.toString('base64url')}`;
}

/** The classic confusion: the public key, which everybody knows, used as the secret of an HMAC. */
function hmac(bits: number, secret: string | Buffer, alg = `HS${bits}`): string {
  const input = toBeSigned(alg);
  return `${input}.${createHmac(`sha${bits}`, secret).update(input).digest('base64url')}`;
}

const publicPem = (): string => simasId.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();

function es256(): string {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const input = toBeSigned('ES256');
  return `${input}.${createSign('sha256').update(input).sign({ key, dsaEncoding: 'ieee-p1363' }, 'base64url')}`;
}

function strayBit(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + (alphabet[alphabet.indexOf(token.at(-1) ?? 'A') + 1] ?? 'B');
}

const WRITTEN: Hostile<Written> = {
  issuer_wrong: [
    ['has a slash behind the issuer', () => withClaims({ iss: `${simasId.issuer}/` })],
    ['has a blank behind the issuer', () => withClaims({ iss: `${simasId.issuer} ` })],
    ['has the issuer in upper case', () => withClaims({ iss: simasId.issuer.toUpperCase() })],
    ['has the issuer in a list', () => withClaims({ iss: [simasId.issuer] })],
    ['comes from another realm', () => withClaims({ iss: `${simasId.url}/realms/master` })],
    ['only begins like our issuer', () => withClaims({ iss: `${simasId.issuer}.evil.example` })],
  ],
  expiry_missing: [
    [
      'expires at 1e999',
      () => withPayloadText(JSON.stringify(simasId.claims()).replace(/"exp":\d+/, '"exp":1e999')),
    ],
  ],
  expired: [
    ['expired a second beyond the skew', () => withClaims({ iat: now() - 300, exp: now() - 31 })],
    ['expired exactly when the skew ends', () => withClaims({ iat: now() - 300, exp: now() - 30 })],
    ['expired an hour ago', () => withClaims({ iat: now() - 7200, exp: now() - 3600 })],
  ],
  lifetime_too_long: [
    ['lives 25 hours', () => withClaims({ exp: now() + 25 * 3600 })],
    ['lives a second more than 24 hours', () => withClaims({ iat: now(), exp: now() + 86_401 })],
    ['lives a year, and hides since when', () => withClaims({ iat: undefined, exp: now() + 365 * 86_400 })],
    ['gives its times in milliseconds', () => withClaims({ exp: Date.now() })],
  ],
  issued_in_future: [
    ['was issued a minute from now', () => withClaims({ iat: now() + 60, exp: now() + 300 })],
  ],
  times_malformed: [['was issued after it expires', () => withClaims({ iat: now() + 20, exp: now() + 10 })]],
  not_yet_valid: [['is valid from a minute from now', () => withClaims({ nbf: now() + 60 })]],
  algorithm_not_allowed: [
    ...['none', 'None', 'NONE', 'nOnE', '', ' none', 'none '].map((alg): Written => [
      `is unsigned, alg ${JSON.stringify(alg)}`,
      () => `${toBeSigned(alg)}.`,
    ]),
    ['is signed with RS384', () => rsa('RS384', 'sha384')],
    ['is signed with RS512', () => rsa('RS512', 'sha512')],
    ['is signed with PS256', () => rsa('PS256', 'sha256', constants.RSA_PKCS1_PSS_PADDING)],
    ['is signed with PS512', () => rsa('PS512', 'sha512', constants.RSA_PKCS1_PSS_PADDING)],
    ['is signed with ES256', es256],
    ['is an HMAC with the public key as PEM', () => hmac(256, publicPem())],
    ['is an HMAC with that PEM without its last newline', () => hmac(256, publicPem().trim())],
    [
      'is an HMAC with the public key as DER',
      () => hmac(256, simasId.key.publicKey.export({ type: 'spki', format: 'der' })),
    ],
    [
      'is an HMAC with the modulus',
      () => hmac(256, Buffer.from(String(published(simasId.key)['n']), 'base64url')),
    ],
    ['is an HMAC-384 with the public key', () => hmac(384, publicPem())],
    ['is an HMAC-512 with the public key', () => hmac(512, publicPem())],
    ['is an HMAC with an empty secret', () => hmac(256, '')],
    ['has header and payload swapped', () => `${parts()[1]}.${parts()[0]}.${parts()[2]}`],
  ],
  signature_invalid: [
    ['says RS256 and is signed with PS256', () => rsa('RS256', 'sha256', constants.RSA_PKCS1_PSS_PADDING)],
    ['says RS256 and is signed with SHA-1', () => rsa('RS256', 'sha1')],
    ['says RS256 and is signed with SHA-512', () => rsa('RS256', 'sha512')],
    ['is an HMAC that says RS256', () => hmac(256, publicPem(), 'RS256')],
    ['has no signature', () => withSignature('')],
    ['has a signature of one byte', () => withSignature('AA')],
    ['has a signature of zeros', () => withSignature(Buffer.alloc(256))],
    ['has a signature of ones', () => withSignature(Buffer.alloc(256, 255))],
    ['has a truncated signature', () => good().slice(0, -4)],
    ['has a signature with four characters more', () => `${good()}AAAA`],
    [
      'has a signature behind a zero byte',
      () => withSignature(Buffer.concat([Buffer.alloc(1), Buffer.from(parts()[2], 'base64url')])),
    ],
    ['has a signature of an impossible length', () => withSignature('AAAAA')],
    ['has a stray bit behind the signature', () => strayBit(good())],
    ['has the signature of another token', () => withSignature(parts(withClaims({ sub: 'other' }))[2])],
    [
      'has the payload of another token',
      () => `${parts()[0]}.${parts(withClaims({ sub: 'other' }))[1]}.${parts()[2]}`,
    ],
    [
      'has the header of another token',
      () => `${parts(withHeader({ typ: 'at+jwt' }))[0]}.${parts()[1]}.${parts()[2]}`,
    ],
    ['is signed over the payload alone', () => withSignature(sha256(parts()[1]))],
    ['is signed without the dot', () => withSignature(sha256(parts()[0] + parts()[1]))],
    ["is a stranger's, under SIMAS-ID's key id", () => byStranger({})],
    ['brings its own key (jwk)', () => byStranger({ jwk: published(stranger) })],
    ['points at its own key set (jku)', () => byStranger({ jku: 'https://evil.example/certs' })],
    ['brings its own certificate (x5c)', () => byStranger({ x5c: ['MIIB'] })],
  ],
  key_unknown: [
    ['has a blank behind the key id', () => withHeader({ kid: `${simasId.key.kid} ` })],
    ['has the key id in upper case', () => withHeader({ kid: `${simasId.key.kid}x`.toUpperCase() })],
    ['brings its own key (jwk) and id', () => byStranger({ kid: 'mine', jwk: published(stranger) })],
    ['points at its own key set (jku)', () => byStranger({ kid: 'mine', jku: `${simasId.url}/evil` })],
    ['points at its certificate (x5u)', () => byStranger({ kid: 'mine', x5u: 'https://evil.example/c.pem' })],
    ['brings its own certificate (x5c) and id', () => byStranger({ kid: 'mine', x5c: ['MIIB'] })],
  ],
  token_too_large: [['is 12 KB of letters', () => 'x'.repeat(12 * 1024)]],
  token_malformed: [
    ...'x null undefined a.b a.b.c.d ... .. . a..c Bearer eyJ {}.{}.{} %65yJ.a.b =.=.='
      .split(' ')
      .map((token): Written => [`is ${token}`, () => token]),
    ['has five parts', () => `${good()}.x.y`],
    ['has two parts', () => parts().slice(0, 2).join('.')],
    ['has an empty header', () => `.${parts()[1]}.${parts()[2]}`],
    ['has an empty payload', () => `${parts()[0]}..${parts()[2]}`],
    ['ends with a dot', () => `${good()}.`],
    ['is padded', () => `${good()}=`],
    ['is written in base64 instead of base64url', () => withSignature(`+/${parts()[2].slice(2)}`)],
    ['has a blank inside', () => good().replace('.', ' .')],
    ['is two tokens with a comma', () => `${good()}, Bearer ${good()}`],
    ['is in quotes', () => `"${good()}"`],
    ['has a letter outside of ASCII', () => `${good()}é`],
    ...['[]', '"x"', '5', 'null', 'true', '{', '{"alg":"RS256"', "{'alg':'RS256'}", '', ' ', '\0']
      .concat('\ufeff{"alg":"RS256","kid":"x"}')
      .map((text): Written => [`has the header ${JSON.stringify(text)}`, () => withHeaderText(text)]),
    ...['[]', '"x"', '5', 'null', '{', '{"iss":}', '{"a":1,}', '{"a":NaN}', '{"a":01}', '//{}'].map(
      (text): Written => [`has the payload ${JSON.stringify(text)}`, () => withPayloadText(text)],
    ),
    [
      'has a payload that is no UTF-8',
      () => {
        const input = `${parts()[0]}.${Buffer.from('{"\xff":1}', 'latin1').toString('base64url')}`;
        return `${input}.${sha256(input)}`;
      },
    ],
    ['names the algorithm twice', () => withHeaderText(behind('"alg":"none"', headerOf()))],
    ['names the key twice', () => withHeaderText(behind('"kid":"mine"', headerOf()))],
    ...['iss', 'aud', 'azp', 'exp', 'sub', 'typ', 'preferred_username'].map((claim): Written => [
      `has ${claim} twice`,
      () => withPayloadText(behind(`"${claim}":"x"`, simasId.claims())),
    ]),
    ['has exp twice, once disguised', () => withPayloadText(behind('"\\u0065xp":1', simasId.claims()))],
    [
      'repeats a member deep inside',
      () => withPayloadText(behind('"realm_access":{"a":1,"a":2}', simasId.claims())),
    ],
  ],
};

function casesOf<T>(table: Hostile<T>, read: (entry: T) => Written): [string, string, () => string][] {
  return Object.entries(table).flatMap(([reason, entries]) =>
    entries.map((entry): [string, string, () => string] => [read(entry)[0], reason, read(entry)[1]]),
  );
}

const shown = (changes: Members): string => inspect(changes, { maxStringLength: 60, breakLength: Infinity });
const HOSTILE = [
  ...casesOf(CLAIMS, (changes) => [`has the claims ${shown(changes)}`, () => withClaims(changes)]),
  ...casesOf(HEADERS, (changes) => [`has the header ${shown(changes)}`, () => withHeader(changes)]),
  ...casesOf(WRITTEN, (written) => written),
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
    expect(new Set(HOSTILE.map(([name, reason]) => `${name} ${reason}`)).size).toBe(HOSTILE.length);
    expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
  });

  it('leaves no trace of itself in the log', () => {
    expect(gateway.log()).toContain('access token refused');
    expect(gateway.log()).not.toMatch(/eyJ|279d5a1e|6285610573956/);
  });
});
