import { startTestGateway, type TestGateway } from '../support/test-gateway';

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1/v1/oidc/certs';

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

  it('who logged out reads no identity any more, though their token still verifies', async () => {
    const token = tokenFor('6285610573957', 'logged-out');
    gateway.lab.simasId.revoke('logged-out');
    expect((await get('/v1/me', token)).status).toBe(200);
    const answer = await get('/v1/me/common-kyc', token);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error_description="refused_by_simas_id"');
  });
});
