import { Controller, Get } from '@nestjs/common';
import { Access, BackOffice, Ctx, User } from '../index';
import type { BackOfficeCaller, Context, UserCaller } from '../caller';
import { type AuthGateway, startAuthGateway } from '../gateway.fixture';
import { SimasIdFixture } from '../simas-id.fixture';

@Controller()
class Routes {
  @Get('open')
  @Access('public')
  open(): string {
    return 'open';
  }

  @Get('desk')
  @Access(BackOffice)
  desk(@Ctx() { caller }: Context<BackOfficeCaller>): object {
    return caller;
  }

  @Get('either')
  @Access(User, BackOffice)
  either(@Ctx() { caller, deadline, requestId }: Context<UserCaller | BackOfficeCaller>): object {
    return { kind: caller.kind, businessUnit: caller.businessUnit, requestId, left: deadline.remaining() };
  }
}

@Controller('forgotten')
class Forgotten {
  @Get()
  read(): string {
    return 'nobody asked who calls';
  }
}

describe('access to routes', () => {
  let simasId: SimasIdFixture;
  let gateway: AuthGateway;
  beforeAll(async () => {
    simasId = await new SimasIdFixture().start();
    gateway = await startAuthGateway(simasId.environment, { controllers: [Routes] });
  });
  afterAll(async () => {
    await gateway.app.close();
    await simasId.stop();
  });

  const get = (url: string, headers: Record<string, string> = {}) =>
    gateway.server.inject({ method: 'GET', url, headers });
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

  it('does not boot with a route that declares no access rule, and names it', async () => {
    await expect(startAuthGateway(simasId.environment, { controllers: [Forgotten] })).rejects.toThrow(
      'Routes without an access rule, declare @Access(...) on each: GET Forgotten.read',
    );
  });

  it('lets everybody into a public route', async () => {
    expect((await get('/open')).body).toBe('open');
  });

  it('tells a person who they are, from their token', async () => {
    const claims = simasId.claims();
    const token = simasId.token(claims);
    const answer = await get('/v1/me', { authorization: `bearer ${token}` });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      sub: '279d5a1e-0f5c-4d0b-9a52-6f2b1c6f09bf',
      businessUnit: 'nanovest',
      phoneNumber: '6285610573956',
      name: 'John Doe',
      expiresAt: new Date(Number(claims['exp']) * 1000).toISOString(),
    });
  });

  it('names the business unit and the credential of a back office, both during a rotation', async () => {
    expect((await get('/desk', basic('old-desk:first:secret'))).json()).toEqual({
      kind: 'back-office',
      businessUnit: 'nanovest',
      credential: 'old-desk',
    });
    expect((await get('/desk', basic('new-desk:second-secret'))).json()).toMatchObject({
      credential: 'new-desk',
    });
    expect((await get('/desk', basic('desk:third-secret'))).json()).toMatchObject({
      businessUnit: 'siminvest',
    });
  });

  it('takes either proof where a route names two, and hands on who asks and until when', async () => {
    const user = await get('/either', { authorization: `Bearer ${simasId.token()}`, 'x-request-id': 'r-1' });
    expect(user.json()).toEqual({
      kind: 'user',
      businessUnit: 'nanovest',
      requestId: 'r-1',
      left: expect.any(Number),
    });
    expect(user.json<{ left: number }>().left).toBeGreaterThan(4000);
    expect((await get('/either', basic('desk:third-secret'))).json()).toMatchObject({ kind: 'back-office' });
  });

  it('answers a caller without proof, or with another kind, with the challenges of the route', async () => {
    const bearer = 'Bearer realm="kyc-gateway"';
    const desk = 'Basic realm="back-office", charset="UTF-8"';
    const cases: [string, Record<string, string>, string][] = [
      ['/v1/me', {}, bearer],
      ['/v1/me', basic('desk:third-secret'), bearer],
      ['/desk', { authorization: `Bearer ${simasId.token()}` }, desk],
      ['/desk', { authorization: 'Digest x' }, desk],
      ['/either', {}, `${bearer}, ${desk}`],
    ];
    for (const [url, headers, challenge] of cases) {
      const answer = await get(url, headers);
      expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, challenge]);
      expect(answer.json()).toMatchObject({ code: 'unauthorized', status: 401 });
    }
  });

  it('answers a wrong password with 401 and the challenge, and a bad token with the reason', async () => {
    const desk = await get('/desk', basic('desk:wrong'));
    expect([desk.statusCode, desk.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="back-office", charset="UTF-8"',
    ]);
    const token = await get('/v1/me', { authorization: `Bearer ${simasId.token({ typ: 'ID' })}` });
    expect(token.statusCode).toBe(401);
    expect(token.headers['www-authenticate']).toBe(
      'Bearer realm="kyc-gateway", error="invalid_token", error_description="type_not_access"',
    );
    expect(token.json()).toMatchObject({ code: 'invalid_token' });
  });

  it('refuses two Authorization headers', async () => {
    await gateway.app.listen(0, '127.0.0.1');
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const call = request(`${urlOf(gateway)}/v1/me`, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', reject);
      call.setHeader('Authorization', [`Bearer ${simasId.token()}`, `Bearer ${simasId.token()}`]);
      call.end();
    });
    expect(status).toBe(400);
  });
});

function urlOf(gateway: AuthGateway): string {
  const address = gateway.app.getHttpServer().address() as { port: number };
  return `http://127.0.0.1:${address.port}`;
}
