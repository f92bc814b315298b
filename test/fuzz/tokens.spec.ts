import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

/** Tokens that somebody made to get in. Each is 401 for its reason, soon, and nobody is asked for the keys that it names. */
const SOON_MS = 2_000;

let gateway: TestGateway;
/** Where tokens say that keys are to be had. */
let trap: Server;
let trapped = 0;
let url: string;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { ANONYMOUS_REQUESTS_PER_SECOND: '0' } });
  trap = createServer((_request, response) => {
    trapped += 1;
    response.end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  await once(trap, 'listening');
  url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
});
afterAll(async () => {
  trap?.close();
  await gateway?.close();
});

type Members = Readonly<Record<string, unknown>>;
const now = (): number => Math.floor(Date.now() / 1_000);
const token = (overrides: Members = {}, header: Members = {}): string =>
  gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956', overrides, header });
const parts = (): [string, string, string] => token().split('.') as [string, string, string];
const coded = (text: string | object): string =>
  Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)).toString('base64url');
const decoded = (part: string): Members => JSON.parse(Buffer.from(part, 'base64url').toString()) as Members;
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** Signed with a key of nobody’s, whatever the header says. */
const forged = (header: string | object, payload: string | object = decoded(parts()[1])): string => {
  const input = `${coded(header)}.${coded(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), stranger.privateKey).toString('base64url')}`;
};
const realHeader = (): Members => decoded(parts()[0]);
const jwk = { ...stranger.publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'RS256', use: 'sig' };
const hmac = (header: Members, secret: string): string => {
  const input = `${coded({ ...realHeader(), ...header })}.${parts()[1]}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

/** By the reasons that are right; the guide lists them all. */
const HOSTILE: readonly (readonly [reasons: string, tokens: () => readonly string[]])[] = [
  [
    'algorithm_not_allowed',
    () => [
      ...[
        ...[
          'none',
          'None',
          'NONE',
          'nOnE',
          '',
          'HS256',
          'HS384',
          'HS512',
          'RS384',
          'RS512',
          'PS256',
          'PS384',
          'PS512',
        ],
        ...[
          'ES256',
          'ES256K',
          'EdDSA',
          'rs256',
          'RS256 ',
          ' RS256',
          'RS256\u0000',
          'ＲＳ256',
          'RSA1_5',
          'dir',
          'A256GCM',
        ],
        ...[null, 0, true, ['RS256'], { RS256: 1 }],
      ].map((alg) => token({}, { alg })),
      ...['none', 'None', ''].map((alg) => `${coded({ ...realHeader(), alg })}.${parts()[1]}.`),
      ...['HS256', 'HS512'].flatMap((alg) =>
        [
          stranger.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
          JSON.stringify(jwk),
          String(realHeader()['kid']),
          '',
        ].map((secret) => hmac({ alg }, secret)),
      ),
      forged({ typ: 'JWT', kid: realHeader()['kid'] }),
    ],
  ],
  [
    'signature_invalid key_unknown',
    () => [
      forged(realHeader()),
      ...['jku', 'x5u'].flatMap((name) =>
        [
          `${url}/keys`,
          `${url}/.well-known/jwks.json`,
          'file:///etc/passwd',
          'http://169.254.169.254/',
          '//x',
          '',
          7,
        ].flatMap((at) => [
          forged({ ...realHeader(), [name]: at }),
          forged({ alg: 'RS256', typ: 'JWT', kid: 'own', [name]: at }),
        ]),
      ),
      forged({ ...realHeader(), jwk }),
      forged({ alg: 'RS256', typ: 'JWT', kid: 'own', jwk }),
      forged({
        ...realHeader(),
        x5c: [stranger.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
      }),
      forged({ ...realHeader(), x5t: 'x', 'x5t#S256': 'y' }),
      `${parts()[0]}.${coded({ ...decoded(parts()[1]), sub: 'somebody-else' })}.${parts()[2]}`,
      `${parts()[0]}.${parts()[1]}.${parts()[2].slice(0, -4)}`,
      `${parts()[0]}.${parts()[1]}.${parts()[2].replaceAll(/[a-m]/g, 'n')}`,
      `${parts()[0]}.${parts()[1]}.${coded(Buffer.alloc(256).toString())}`,
      `${parts()[0]}.${parts()[1]}.${'A'.repeat(342)}`,
      `${parts()[0]}.${parts()[1]}.${'A'.repeat(4_000)}`,
    ],
  ],
  [
    'key_unknown',
    () =>
      [
        ...[
          '../../../../dev/null',
          '/dev/null',
          "' OR '1'='1",
          '"; DROP TABLE person; --',
          `${url}/key`,
          '$(id)',
          '{{7*7}}',
        ],
        ...[
          '\u0000',
          '\u0000x',
          'a\nb',
          '%00',
          '__proto__',
          'constructor',
          'toString',
          '*',
          '.',
          ' ',
          '\u202e',
          '𝔘',
          '\ud800',
        ],
        ...Array.from({ length: 40 }, (_, index) => `flood-${index}`),
      ].map((kid) => forged({ alg: 'RS256', typ: 'JWT', kid })),
  ],
  [
    'key_id_missing',
    () => ['', 'x'.repeat(257), null, 7, ['x'], {}, undefined].map((kid) => token({}, { kid })),
  ],
  [
    'critical_header',
    () => [[], ['exp'], ['b64'], ['x'], 'exp', null, {}].map((crit) => token({}, { crit, b64: false })),
  ],
  [
    'header_type_not_allowed',
    () =>
      [
        'jwt',
        'Jwt',
        'JWE',
        'JOSE',
        'at+JWT',
        'application/at+jwt',
        'dpop+jwt',
        'logout+jwt',
        '',
        null,
        1,
        ['JWT'],
      ].map((typ) => token({}, { typ })),
  ],
  [
    'token_malformed signature_invalid',
    () => {
      const [header, payload, signature] = parts();
      const text = JSON.stringify(decoded(header)).slice(1);
      const claims = JSON.stringify(decoded(payload)).slice(1);
      return [
        ...[
          `{"alg":"none",${text}`,
          `{"kid":"x",${text}`,
          `{"\\u0061lg":"none",${text}`,
          `{"a":1,"a":2,${text}`,
        ].map((it) => forged(it)),
        ...[
          `{"sub":"x",${claims}`,
          `{"\\u0073ub":"x",${claims}`,
          `{"aud":"siminvest",${claims}`,
          `{"__proto__":{},"x":{"a":1,"a":2},${claims}`,
        ].map((it) => forged(realHeader(), it)),
        ...[
          'null',
          '[]',
          '1',
          '"x"',
          '',
          '{',
          '{}x',
          '\ufeff{}',
          `${'['.repeat(2_000)}`,
          '{"a":1,}',
          "{'a':1}",
          'NaN',
        ].flatMap((it) => [forged(it), forged(realHeader(), it)]),
        ...['=', '==', '%3D', '+', '/', '.', ',', '~', '*'].map(
          (end) => `${header}.${payload}.${signature}${end}`,
        ),
        ...['=', '==', ' ', '+', '/'].map((end) => `${header}${end}.${payload}.${signature}`),
        ...[
          '',
          '.',
          '..',
          '...',
          'x',
          'a.b',
          'a.b.c',
          'a.b.c.d',
          'a.b.c.d.e',
          `${header}.${payload}`,
          `${header}..${signature}`,
        ],
        ...[
          `.${payload}.${signature}`,
          `${header}.${payload}.${signature}.`,
          `${header}.${payload}.${signature}.${signature}`,
        ],
        ...[
          `${header} ${payload} ${signature}`,
          `"${header}.${payload}.${signature}"`,
          `${header}.${payload}.${signature} x`,
        ],
        `${Buffer.from(`{${text}`).toString('base64').replaceAll('=', '')}+/.${payload}.${signature}`,
      ].filter((it) => it !== '');
    },
  ],
  [
    'token_too_large',
    () => [
      token({ pad: 'x'.repeat(9_000) }),
      'x'.repeat(8_200),
      `${'a.'.repeat(4_500)}`,
      token({}, { pad: 'x'.repeat(9_000) }),
    ],
  ],
  [
    'expiry_missing expired lifetime_too_long',
    () => [
      ...[
        null,
        undefined,
        'x',
        String(now() + 60),
        0,
        -1,
        1.5,
        true,
        [],
        {},
        1e300,
        Number.MAX_SAFE_INTEGER + 1,
      ].map((exp) => token({ exp })),
      ...[now() - 61, now() - 3_600, 1, now() + 25 * 3_600, now() + 1e9, (now() + 60) * 1_000].map((exp) =>
        token({ exp }),
      ),
    ],
  ],
  [
    'not_yet_valid issued_in_future times_malformed',
    () => [
      ...[now() + 120, 'x', -1, 1.5, null, [], true, 1e300].flatMap((time) => [
        token({ nbf: time }),
        token({ iat: time }),
      ]),
      token({ iat: now() + 30, exp: now() + 10 }),
    ],
  ],
  [
    'issuer_wrong',
    () =>
      ['', null, 7, [], url, 'x']
        .map((iss) => token({ iss }))
        .concat(
          ['/', '#', '?', ' ', '%20', '/../'].map((end) =>
            token({ iss: `${String(decoded(parts()[1])['iss'])}${end}` }),
          ),
        ),
  ],
  [
    'type_not_access',
    () =>
      ['ID', 'Refresh', 'Offline', 'bearer', 'BEARER', '', null, 1, ['Bearer'], undefined].map((typ) =>
        token({ typ }),
      ),
  ],
  [
    'audience_wrong audience_malformed audience_ambiguous party_wrong party_missing',
    () => [
      ...[
        '',
        'x',
        'NANOVEST',
        'nanovest ',
        'nanovest\u0000',
        null,
        7,
        {},
        [],
        [''],
        [null],
        [['nanovest']],
        ['account'],
      ].map((aud) => token({ aud })),
      ...['x', '', null, 7, [], ['nanovest'], 'siminvest', 'nanovest '].map((azp) => token({ azp })),
      token({ aud: ['nanovest', 'siminvest'], azp: undefined }),
    ],
  ],
  [
    'subject_missing',
    () => ['', ' ', '\t', null, 7, [], {}, 'x'.repeat(256), undefined].map((sub) => token({ sub })),
  ],
  [
    'service_account',
    () =>
      ['service-account-nanovest', 'service-account-x', 'service-account-'].map((preferred_username) =>
        token({ preferred_username, client_id: 'nanovest' }),
      ),
  ],
];

async function judged(credentials: string): Promise<{ status: number; reason: string; ms: number }> {
  const began = performance.now();
  const answer = await fetch(`${gateway.url}/v1/me`, { headers: { authorization: `Bearer ${credentials}` } });
  await answer.text();
  const reason = /error_description="(\w+)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1] ?? '';
  return { status: answer.status, reason, ms: performance.now() - began };
}

const guide = readFileSync('docs/guides/how-a-token-is-judged.md', 'utf8');
let tried = 0;

describe('a hostile token', () => {
  it.each(HOSTILE)('is refused: %s', async (reasons, tokens) => {
    for (const one of tokens()) {
      const { status, reason, ms } = await judged(one);
      tried += 1;
      expect([one.slice(0, 120), status, reasons.split(' ')]).toEqual([
        one.slice(0, 120),
        401,
        expect.arrayContaining([reason]),
      ]);
      expect(guide).toContain(`\`${reason}\``);
      expect(ms).toBeLessThan(SOON_MS);
    }
  });

  it('leads to no call where it says that keys are, and keeps nobody good out: more than 200 of them', async () => {
    expect(trapped).toBe(0);
    expect((await judged(token())).status).toBe(200);
    process.stdout.write(`${tried} hostile tokens\n`);
    expect(tried).toBeGreaterThan(200);
  });
});

describe('a good token among hostile ones', () => {
  it('is judged as if it were alone, whoever else asks at the same moment', async () => {
    const hostile = HOSTILE.flatMap(([, tokens]) => tokens()).filter((_, index) => index % 12 === 0);
    for (const one of hostile) {
      const good = Array.from({ length: 20 }, (_, index) => token({ sub: `neighbour-${index}` }));
      const all = await Promise.all([...good.slice(0, 10), one, ...good.slice(10)].map(judged));
      expect([one.slice(0, 80), all.map(({ status }) => status)]).toEqual([
        one.slice(0, 80),
        [...Array.from({ length: 10 }, () => 200), 401, ...Array.from({ length: 10 }, () => 200)],
      ]);
    }
  });
});
