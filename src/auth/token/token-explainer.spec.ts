import { Clock, Deadline } from '../../platform/time';
import { type AuthGateway, startAuthGateway } from '../gateway.fixture';
import { KeySetSource } from '../keys/key-set-source';
import { realmKey, SimasIdFixture } from '../simas-id.fixture';
import { UserinfoClient } from '../userinfo/userinfo.client';
import { ClaimsValidator } from './claims-validator';
import { type TokenExplanation, TokenExplainer } from './token-explainer';

type Members = Readonly<Record<string, unknown>>;

const SUBJECT = '279d5a1e-0f5c-4d0b-9a52-6f2b1c6f09bf';
const now = Math.floor(Date.now() / 1000);
const stranger = realmKey();

let simasId: SimasIdFixture;
let gateway: AuthGateway;
let explainer: TokenExplainer;

beforeAll(async () => {
  simasId = await new SimasIdFixture().start();
  gateway = await startAuthGateway(simasId.environment);
  const { app } = gateway;
  explainer = new TokenExplainer(
    app.get(ClaimsValidator, { strict: false }),
    app.get(KeySetSource, { strict: false }),
    app.get(UserinfoClient, { strict: false }),
    app.get(Clock, { strict: false }),
  );
});
afterEach(() => (simasId.answer = undefined));
afterAll(async () => {
  await gateway.app.close();
  await simasId.stop();
});

const explain = (token: string): Promise<TokenExplanation> => explainer.explain(token, Deadline.after(5_000));
const broken = ({ results }: TokenExplanation): unknown[] =>
  results.filter(({ reason }) => typeof reason === 'string').map(({ about, reason }) => [about, reason]);

async function refusalOf(token: string): Promise<string | undefined> {
  const { headers } = await gateway.app.inject({
    url: '/v1/me',
    headers: { authorization: `Bearer ${token}` },
  });
  return /error_description="(\w+)"/.exec(String(headers['www-authenticate']))?.[1];
}

const token = (claims: Members = {}, header: Members = {}): string => simasId.token(claims, header);

describe('an operator who asks about a token', () => {
  it.each<[string, () => string]>([
    ['nothing of a token', () => 'not.a-token'],
    ['too much of one', () => token({ padding: 'x'.repeat(8_192) })],
    ['another algorithm', () => token({}, { alg: 'none' })],
    ['an extension', () => token({}, { crit: ['exp'] })],
    ['an ID token’s header', () => token({}, { typ: 'JWE' })],
    ['no key', () => token({}, { kid: undefined })],
    ['a stranger’s key', () => simasId.token({}, {}, stranger)],
    ['a stranger’s key and issuer', () => simasId.token({ iss: 'https://evil.example' }, {}, stranger)],
    ['a stranger’s signature', () => simasId.token({ iss: 'x' }, { kid: simasId.key.kid }, stranger)],
    ['a cut signature', () => token().slice(0, -3)],
    ['another issuer', () => token({ iss: 'https://evil.example' })],
    ['an ID token', () => token({ typ: 'ID' })],
    ['no end', () => token({ exp: undefined })],
    ['its end', () => token({ iat: now - 600, exp: now - 300 })],
    ['a future', () => token({ nbf: now + 300 })],
    ['a whole week', () => token({ exp: now + 7 * 86_400 })],
    ['another audience', () => token({ aud: 'account' })],
    ['another unit’s client', () => token({ azp: 'siminvest' })],
    ['nobody', () => token({ sub: undefined })],
    ['a program', () => token({ preferred_username: 'service-account-nanovest' })],
  ])('hears the reason that callers hear: %s', async (_, make) => {
    const made = make();
    const { refusal } = await explain(made);
    expect(refusal).toEqual(expect.any(String));
    expect(await refusalOf(made)).toBe(refusal);
  });

  it('hears of every rule that is broken, with what was found and what was wanted', async () => {
    const explanation = await explain(
      token({
        iss: 'https://api-stg.simas-id.com',
        typ: 'ID',
        aud: 'siminvest',
        exp: now - 7200,
        iat: now - 9000,
      }),
    );
    expect(broken(explanation)).toEqual([
      ['iss', 'issuer_wrong'],
      ['typ', 'type_not_access'],
      ['exp', 'expired'],
      ['aud, azp', 'party_wrong'],
    ]);
    const about = (name: string) => explanation.results.find((one) => one.about === name);
    expect(about('iss')).toMatchObject({
      found: '"https://api-stg.simas-id.com"',
      wanted: `exactly ${simasId.issuer} (SIMAS_ID_ISSUER)`,
    });
    expect(about('aud, azp')).toMatchObject({
      found: '"siminvest", "nanovest"',
      wanted: expect.stringContaining(
        'nanovest (nanovest, nanovest-web, nanovest-mobile); siminvest (siminvest)',
      ),
    });
    expect(explanation.results.find(({ reason }) => reason === 'expired')?.found).toMatch(
      /T.*Z, 7\d{3} s ago\)$/,
    );
  });

  it('hears whether SIMAS-ID confirms the session of a good one', async () => {
    const withSession = (status: number, body: object): Promise<TokenExplanation> => {
      simasId.answer = ({ url }, response) => {
        const isKeySet = url?.endsWith('/certs') === true;
        response.writeHead(isKeySet ? 200 : status, { 'www-authenticate': 'Bearer error="invalid_token"' });
        response.end(JSON.stringify(isKeySet ? { keys: simasId.members } : body));
      };
      return explain(token());
    };
    expect(await withSession(200, { sub: SUBJECT })).toMatchObject({
      refusal: null,
      businessUnit: 'nanovest',
    });
    expect(await withSession(200, { sub: 'other' })).toMatchObject({ refusal: 'subject_mismatch' });
    expect(await withSession(401, {})).toMatchObject({ refusal: 'refused_by_simas_id' });
    expect(await withSession(500, {})).toMatchObject({ refusal: null, businessUnit: 'nanovest' });
  });

  it('hears that nothing can be told while SIMAS-ID is away, but for claims that no key helps', async () => {
    simasId.answer = (_, response) => void response.writeHead(500).end();
    expect(await explain(token())).toMatchObject({ refusal: undefined, businessUnit: undefined });
    expect(await explain(token({ typ: 'ID' }))).toMatchObject({ refusal: 'type_not_access' });
  });

  it('is not told who the person is, and sees no control characters', async () => {
    const { results } = await explain(token({ email: 'john@example.com', iss: '\u001b[2J\u202ehttps://x' }));
    const text = JSON.stringify(results.map(({ found }) => found));
    for (const personal of [SUBJECT, '6285610573956', 'John', 'Doe', 'john@example.com'])
      expect(text).not.toContain(personal);
    expect(text).toMatch(/text of 36 characters/);
    for (const { found } of results) expect(found).toMatch(/^[ -~…]*$/);
  });
});
