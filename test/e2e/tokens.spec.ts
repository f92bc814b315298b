import { startTestGateway, type TestGateway } from '../support/test-gateway';

/** Nobody listens there. */
const NOWHERE = 'http://localhost:1/v1/oidc/certs';

describe('a person with a SIMAS-ID token', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  const tokenFor = (phoneNumber: string, sub: string): string =>
    gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber, sub });
  const get = (path: string, token: string, at = gateway) =>
    at.http.get(path).set('Authorization', `Bearer ${token}`);

  it('stays logged in when the gateway restarts while SIMAS-ID is away', async () => {
    expect((await get('/v1/me', tokenFor('6285610573956', 'stays'))).status).toBe(200);
    const restarted = await startTestGateway({
      lab: gateway.lab,
      database: gateway.database,
      environment: { SIMAS_ID_JWKS_URI: NOWHERE },
    });
    const answer = await get('/v1/me', tokenFor('6285610573956', 'stays'), restarted);
    await restarted.close();
    expect(answer.status).toBe(200);
  });

  const minted = (overrides: object): string =>
    gateway.lab.simasId.mintToken({
      unit: 'nanovest',
      phoneNumber: '6285610573956',
      overrides: { ...overrides },
    });

  it('of a realm before Keycloak 10, whose tokens say `nbf: 0`, gets in', async () => {
    expect((await get('/v1/me', minted({ nbf: 0, auth_time: 0 }))).status).toBe(200);
    const later = await get('/v1/me', minted({ nbf: Math.floor(Date.now() / 1000) + 120 }));
    expect(later.status).toBe(401);
    expect(later.headers['www-authenticate']).toContain('error_description="not_yet_valid"');
  });

  it('gets in with a client id in the token, and a program with a service account’s does not', async () => {
    expect((await get('/v1/me', minted({ client_id: 'nanovest' }))).status).toBe(200);
    const program = minted({ client_id: 'nanovest', preferred_username: 'service-account-nanovest' });
    for (const path of ['/v1/me', '/v1/me/userinfo', '/v1/me/common-kyc', '/v1/submissions']) {
      const answer = await get(path, program);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers['www-authenticate']).toContain('error_description="service_account"');
    }
  });

  it('who logged out reads no identity any more, though their token still verifies', async () => {
    const token = tokenFor('6285610573957', 'logged-out');
    gateway.lab.simasId.revoke('logged-out');
    expect((await get('/v1/me', token)).status).toBe(200);
    const answer = await get('/v1/me/common-kyc', token);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error_description="refused_by_simas_id"');
  });
});
