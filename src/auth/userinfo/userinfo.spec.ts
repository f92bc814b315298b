import { Controller, Get } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Access, type Context, Ctx, type UserCaller, UserVerifiedWithSimasId } from '../index';
import { type AuthGateway, startAuthGateway } from '../gateway.fixture';
import { realmKey, SimasIdFixture } from '../simas-id.fixture';

@Controller('risky')
class Risky {
  @Get()
  @Access(UserVerifiedWithSimasId)
  read(@Ctx() { caller }: Context<UserCaller>): object {
    return { subject: caller.subject, name: caller.name };
  }
}

const SUBJECT = '279d5a1e-0f5c-4d0b-9a52-6f2b1c6f09bf';
/** As the partner page shows it. */
const JOHN = {
  sub: SUBJECT,
  email_verified: false,
  preferred_username: '6285610573956',
  given_name: 'John',
  family_name: 'Doe',
  timestamp: '2023-10-13T08:27:25Z',
};

const unusable: [string, (response: ServerResponse) => void, number, string][] = [
  ['an error', (response) => json(response, {}, 500), 502, 'partner_error'],
  ['a page', (response) => void response.writeHead(200).end('<html>'), 502, 'partner_error'],
  ['a page with 401', (response) => void response.writeHead(401).end('<html>'), 502, 'partner_error'],
  ['a page with 403', (response) => void response.writeHead(403).end('<html>'), 502, 'partner_error'],
  [
    'a 401 of a gateway in front',
    (response) =>
      json(response, { message: 'Unauthorized' }, 401, { 'www-authenticate': 'Key realm="kong"' }),
    502,
    'partner_error',
  ],
  [
    'a 403 of a server that does not know the path',
    (response) => json(response, { status: 403, error: 'Forbidden', path: '/v1/oidc/userinfo' }, 403),
    502,
    'partner_error',
  ],
  [
    'a sentence with 403',
    (response) => void response.writeHead(403).end('RBAC: access denied'),
    502,
    'partner_error',
  ],
  [
    'a 404 of a gateway in front',
    (response) => json(response, { message: 'no Route' }, 404),
    502,
    'partner_error',
  ],
  ['nothing', (response) => void response.writeHead(200).end(), 502, 'partner_error'],
  ['nobody', (response) => json(response, { ...JOHN, sub: '' }), 502, 'partner_error'],
  ['a list', (response) => json(response, [JOHN]), 502, 'partner_error'],
  [
    'a person with numbers for names',
    (response) => json(response, { ...JOHN, name: 5 }),
    502,
    'partner_error',
  ],
  [
    'a redirect',
    (response) => void response.writeHead(302, { location: '/v1/oidc/certs' }).end(),
    502,
    'partner_error',
  ],
  [
    'a megabyte',
    (response) => json(response, { ...JOHN, padding: 'x'.repeat(1_000_000) }),
    502,
    'partner_error',
  ],
  [
    'a request for patience',
    (response) => json(response, {}, 429, { 'retry-after': '7' }),
    503,
    'partner_unavailable',
  ],
  ['a reset', (response) => void response.socket?.resetAndDestroy(), 503, 'partner_unavailable'],
  ['silence', () => undefined, 504, 'partner_timeout'],
];

let simasId: SimasIdFixture;
let gateway: AuthGateway;
/** What userinfo answers; the key set stays away unless a test brings it. */
let userinfo: (response: ServerResponse) => void;
let asked: IncomingMessage[];

function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

beforeEach(async () => {
  simasId = await new SimasIdFixture().start();
  asked = [];
  userinfo = (response) => json(response, JOHN);
  simasId.answer = (request, response) => {
    if (request.url !== '/v1/oidc/userinfo') return void response.writeHead(503).end();
    asked.push(request);
    return userinfo(response);
  };
  gateway = await startAuthGateway(simasId.environment, { controllers: [Risky] });
});
afterEach(async () => {
  await gateway.app.close();
  await simasId.stop();
});

const get = (token: string, url = '/v1/me/userinfo') =>
  gateway.server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });

describe('GET /v1/me/userinfo', () => {
  it('tells a person who they are according to SIMAS-ID, without any key', async () => {
    const token = simasId.token({ given_name: 'Old', preferred_username: 'old' });
    const answer = await get(token);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      sub: SUBJECT,
      businessUnit: 'nanovest',
      phoneNumber: '6285610573956',
      name: 'John Doe',
      expiresAt: expect.any(String),
    });
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it.each([
    ['for another unit', { aud: 'stranger' }, 'audience_wrong'],
    ['issued to another unit', { azp: 'siminvest' }, 'party_wrong'],
    ['from another issuer', { iss: 'https://other.example' }, 'issuer_wrong'],
    ['that is an ID token', { typ: 'ID' }, 'type_not_access'],
    ['that expired', { iat: 1_000_000, exp: 1_000_300 }, 'expired'],
  ])('never asks about a token %s, though SIMAS-ID would say yes', async (_, claims, reason) => {
    const answer = await get(simasId.token(claims));
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(`error_description="${reason}"`);
    expect(asked).toHaveLength(0);
  });

  it.each([
    ['somebody else’s', { sub: 'somebody-else' }, 'subject_mismatch'],
    ['a service account’s', { preferred_username: 'service-account-nanovest' }, 'service_account'],
  ])('refuses a token of which SIMAS-ID says that it is %s', async (_, said, reason) => {
    userinfo = (response) => json(response, { ...JOHN, ...said });
    const answer = await get(simasId.token());
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(`error_description="${reason}"`);
  });

  it('refuses a token that SIMAS-ID refuses, and asks again only ten seconds later', async () => {
    userinfo = (response) =>
      void response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    const token = simasId.token();
    for (let call = 0; call < 3; call += 1) {
      const answer = await get(token);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('error_description="refused_by_simas_id"');
    }
    expect(asked).toHaveLength(1);
    gateway.clock.ahead += 11_000;
    await get(token);
    expect(asked).toHaveLength(2);
  });

  it.each([
    [
      'the challenge',
      (response: ServerResponse) => json(response, { m: 1 }, 401, { 'www-authenticate': 'Bearer' }),
    ],
    ['the body', (response: ServerResponse) => json(response, { error: 'invalid_token' }, 401)],
    ['neither', (response: ServerResponse) => void response.writeHead(401).end()],
  ])('refuses a token with the reason in %s', async (_, behave) => {
    userinfo = behave;
    const answer = await get(simasId.token());
    expect(answer.headers['www-authenticate']).toContain('error_description="refused_by_simas_id"');
  });

  it('tells a token without the scope openid apart', async () => {
    userinfo = (response) => void response.writeHead(403).end();
    const answer = await get(simasId.token());
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'insufficient_scope']);
    expect(answer.headers['www-authenticate']).toBe(
      'Bearer realm="kyc-gateway", error="insufficient_scope", scope="openid"',
    );
  });

  it.each(unusable)(
    'passes %s on as a failure of SIMAS-ID, never as 401',
    async (_, behave, status, code) => {
      userinfo = behave;
      const answer = await get(simasId.token());
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
      expect(answer.headers['www-authenticate']).toBeUndefined();
      if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    },
  );

  it('asks once for many who come at once, and once a minute after that', async () => {
    const token = simasId.token();
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(token)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(asked).toHaveLength(1);
    gateway.clock.ahead += 59_000;
    await get(token);
    expect(asked).toHaveLength(1);
    gateway.clock.ahead += 2_000;
    await get(token);
    expect(asked).toHaveLength(2);
  });

  it('never remembers a yes past the end of the token', async () => {
    const token = simasId.token({ exp: Math.floor(Date.now() / 1000) + 5 });
    expect((await get(token)).statusCode).toBe(200);
    gateway.clock.ahead += 6_000;
    await get(token);
    expect(asked).toHaveLength(2);
  });

  it('does not fall back to SIMAS-ID where a route wants keys, and says so with 503', async () => {
    expect((await get(simasId.token(), '/v1/me')).statusCode).toBe(503);
    expect(asked).toHaveLength(0);
  });

  it('counts what SIMAS-ID said', async () => {
    await get(simasId.token());
    expect(await gateway.metrics()).toContain('userinfo_total{result="confirmed"} 1');
  });
});

describe('a route that is verified with SIMAS-ID', () => {
  const allowKeys = (): void => {
    const withoutKeys = simasId.answer;
    simasId.answer = (request, response) =>
      request.url === '/v1/oidc/certs'
        ? json(response, { keys: simasId.members })
        : withoutKeys?.(request, response);
    gateway.clock.ahead += 31_000;
  };

  it('needs the keys and the session both', async () => {
    allowKeys();
    expect((await get(simasId.token(), '/risky')).json()).toEqual({ subject: SUBJECT, name: 'John Doe' });
    userinfo = (response) => void response.writeHead(401).end();
    const loggedOut = simasId.token({ jti: 'other' });
    expect((await get(loggedOut, '/risky')).statusCode).toBe(401);
    expect((await get(loggedOut, '/v1/me')).statusCode).toBe(200);
  });

  it.each(unusable)(
    'is 503 when SIMAS-ID answers %s: nobody knows whether the session lives',
    async (_, behave) => {
      allowKeys();
      userinfo = behave;
      const answer = await get(simasId.token(), '/risky');
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([503, 'partner_unavailable']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(gateway.log()).toMatch(/"cause":"[^"].*the session must be confirmed/);
    },
  );

  it.each(['/risky', '/v1/me/userinfo'])(
    'asks nobody about a token whose signature does not hold: %s',
    async (url) => {
      allowKeys();
      expect((await get(simasId.token(), '/v1/me')).statusCode).toBe(200);
      const [header, , signature] = simasId.token().split('.');
      const payload = simasId.token({ sub: 'other' }).split('.')[1];
      const answer = await get(`${header}.${payload}.${signature}`, url);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('error_description="signature_invalid"');
      expect(asked).toHaveLength(0);
    },
  );

  it('answers a person while strangers keep SIMAS-ID busy with tokens they made up', async () => {
    allowKeys();
    const stranger = realmKey();
    userinfo = () => undefined;
    const flood = Array.from({ length: 100 }, (_, index) =>
      get(simasId.token({ jti: String(index) }, {}, stranger)),
    );
    while (asked.length < 5) await new Promise((resolve) => setImmediate(resolve));
    userinfo = (response) => json(response, JOHN);
    expect((await get(simasId.token(), '/risky')).statusCode).toBe(200);
    expect((await get(simasId.token({ jti: 'another' }))).statusCode).toBe(200);
    const statuses = new Set((await Promise.all(flood)).map(({ statusCode }) => statusCode));
    for (const status of statuses) expect([200, 503, 504]).toContain(status);
  });
});
