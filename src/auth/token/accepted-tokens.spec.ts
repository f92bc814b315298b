import fc from 'fast-check';
import { type AuthGateway, startAuthGateway } from '../gateway.fixture';
import { SimasIdFixture } from '../simas-id.fixture';

type Members = Readonly<Record<string, unknown>>;

let simasId: SimasIdFixture;
let gateway: AuthGateway;

beforeAll(async () => {
  simasId = await new SimasIdFixture().start();
  gateway = await startAuthGateway(simasId.environment);
});
afterAll(async () => {
  await gateway.app.close();
  await simasId.stop();
});

const now = (): number => Math.floor(Date.now() / 1000);
const me = (authorization: string, server = gateway.server) =>
  server.inject({ method: 'GET', url: '/v1/me', headers: { authorization } });

describe('a business unit accepts a token that', () => {
  const cases: [string, Members, Members, Members][] = [
    ['is for it in a list', { aud: ['nanovest'] }, {}, { businessUnit: 'nanovest' }],
    ['is for it alone', { aud: 'nanovest' }, {}, { businessUnit: 'nanovest' }],
    [
      'is for it among others that are no units',
      { aud: ['account', 'nanovest'] },
      {},
      { businessUnit: 'nanovest' },
    ],
    ['names it twice', { aud: ['nanovest', 'nanovest'] }, {}, { businessUnit: 'nanovest' }],
    ['was issued to its web app', { azp: 'nanovest-web' }, {}, { businessUnit: 'nanovest' }],
    [
      'is for both units and issued to one',
      { aud: ['nanovest', 'siminvest'], azp: 'siminvest' },
      {},
      { businessUnit: 'siminvest' },
    ],
    [
      "is for both units and issued to one's mobile app",
      { aud: ['siminvest', 'nanovest'], azp: 'nanovest-mobile' },
      {},
      { businessUnit: 'nanovest' },
    ],
    ['has no header type', {}, { typ: undefined }, {}],
    ['has the header type at+jwt', {}, { typ: 'at+jwt' }, {}],
    [
      'carries hints at keys, which nobody follows',
      {},
      { jku: 'https://evil.example', x5u: 'https://evil.example', jwk: {} },
      {},
    ],
    ['says b64 without demanding it', {}, { b64: false }, {}],
    ['does not say when it was issued', { iat: undefined }, {}, {}],
    ['expired within the skew', { iat: now() - 300, exp: now() - 5 }, {}, {}],
    ['was issued by a clock ahead of ours', { iat: now() + 25, exp: now() + 300 }, {}, {}],
    ['is valid from a moment from now', { nbf: now() + 25 }, {}, {}],
    ['is valid since 1970, as Keycloak before version 10 says', { nbf: 0, auth_time: 0 }, {}, {}],
    ['carries a client id, as RFC 9068 wants', { client_id: 'nanovest-web' }, { typ: 'at+jwt' }, {}],
    [
      'belongs to a person who is called like a service',
      { preferred_username: 'service-desk-budi' },
      {},
      { phoneNumber: null },
    ],
    ['lives exactly 24 hours', { iat: now(), exp: now() + 86_400 }, {}, {}],
    ['has colons, quotes and braces in its strings', { note: '{"a":1,"a":2} \\ "": :"' }, {}, {}],
    [
      'has nested lists and objects',
      { realm_access: { roles: [{ a: 1 }, { a: 2 }, []] }, x: { a: {} } },
      {},
      {},
    ],
    [
      'has a claim called __proto__',
      JSON.parse('{"__proto__":{"aud":"siminvest"}}') as Members,
      {},
      { businessUnit: 'nanovest' },
    ],
    [
      'writes the phone number with a plus',
      { preferred_username: '+6285610573956' },
      {},
      { phoneNumber: '6285610573956' },
    ],
    [
      'writes the phone number locally',
      { preferred_username: '085610573956' },
      {},
      { phoneNumber: '6285610573956' },
    ],
    ['names a user instead of a phone number', { preferred_username: 'john.doe' }, {}, { phoneNumber: null }],
    ['names no phone number', { preferred_username: undefined }, {}, { phoneNumber: null }],
    ['has a number for a user name', { preferred_username: 6285610573956 }, {}, { phoneNumber: null }],
    ['has a full name', { name: ' Jane Roe ' }, {}, { name: 'Jane Roe' }],
    ['has a given name only', { family_name: undefined }, {}, { name: 'John' }],
    ['has a blank name', { name: ' ', given_name: '', family_name: ' ' }, {}, { name: null }],
    ['has no name', { given_name: undefined, family_name: 5 }, {}, { name: null }],
  ];

  it.each(cases)('%s', async (_, claims, header, expected) => {
    const answer = await me(`Bearer ${simasId.token(claims, header)}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject(expected);
  });

  it('comes with the scheme in any case and several blanks', async () => {
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER   '])
      expect((await me(scheme + simasId.token())).statusCode).toBe(200);
  });

  it('does not say to whom it was issued, where the configuration makes that optional', async () => {
    const lenient = await startAuthGateway({ ...simasId.environment, SIMAS_ID_AZP: 'optional' });
    const answer = async (azp: unknown) =>
      (await me(`Bearer ${simasId.token({ azp })}`, lenient.server)).statusCode;
    expect(await answer(undefined)).toBe(200);
    expect(await answer('siminvest')).toBe(401);
    await lenient.app.close();
  });
});

/** Of one issued later an edited key id might be a new key's, which is 503 (see jwks-cache.ts). */
const issuedBeforeKeysWereRead = (): string => simasId.token({ iat: now() - 60 });

describe('a good token', () => {
  it('is not good any more after any edit of any byte', async () => {
    const token = issuedBeforeKeysWereRead();
    expect((await me(`Bearer ${token}`)).statusCode).toBe(200);
    const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
    const edit = fc.record({
      at: fc.nat({ max: token.length - 1 }),
      remove: fc.nat({ max: 3 }),
      insert: fc.string({ unit: printable, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let edited = token;
        for (const { at, remove, insert } of edits)
          edited = edited.slice(0, at) + insert + edited.slice(at + remove);
        fc.pre(edited !== token);
        expect((await me(`Bearer ${edited}`)).statusCode).toBe(401);
      }),
      { numRuns: 500 },
    );
  });

  it('is not good any more after a flip of any bit of what was signed', async () => {
    const token = issuedBeforeKeysWereRead();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const flip = (part: string, bit: number): string => {
      const bytes = Buffer.from(part, 'base64url');
      const at = (bit >> 3) % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
      return bytes.toString('base64url');
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0, 1, 2), fc.nat({ max: 65_535 }), async (which, bit) => {
        const edited = [header, payload, signature].map((part, index) =>
          index === which ? flip(part, bit) : part,
        );
        expect((await me(`Bearer ${edited.join('.')}`)).statusCode).toBe(401);
      }),
      { numRuns: 500 },
    );
  });
});
