import { startSatusehatLab, type SatusehatLab } from './index';
import { AGENT, Facility, send } from './satusehat-client.fixture';

const GENERATE = '/kyc/v1/generate-url';
const JSON_BODY = { 'content-type': 'application/json' };

let lab: SatusehatLab;
let clock: number;
let facility: Facility;

beforeEach(async () => {
  clock = Date.parse('2026-11-02T03:26:13.456Z');
  const units = ['nanovest', 'siminvest'];
  lab = await startSatusehatLab({ host: '127.0.0.1', port: 0, units, now: () => new Date(clock) });
  facility = new Facility(lab, 'nanovest');
});
afterEach(() => lab.close());

describe('the token endpoint', () => {
  it('answers a facility with strings everywhere but in one list', async () => {
    const { status, json } = await facility.token();
    expect(status).toBe(200);
    const { api_product_list_json: products, ...others } = json as Record<string, unknown>;
    expect(products).toEqual(['api-sandbox']);
    expect(Object.values(others).every((value) => typeof value === 'string')).toBe(true);
    expect(others).toMatchObject({ token_type: 'BearerToken', expires_in: '3599', issued_at: String(clock) });
    expect(others['access_token']).toMatch(/^[A-Za-z0-9]{28}$/);
  });

  it('refuses wrong credentials and what is no form', async () => {
    expect(await facility.token({ client_secret: 'wrong' })).toMatchObject({
      status: 401,
      json: { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' },
    });
    const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'invalid', code: 'value' }] };
    expect(await facility.token({}, '')).toMatchObject({ status: 400, json: outcome });
    const url = `${lab.url}/oauth2/v1/accesstoken?grant_type=client_credentials`;
    expect(await send(url, { method: 'POST', body: '{}', headers: JSON_BODY })).toMatchObject({
      status: 400,
    });
  });

  it('can lock a client out for a minute after a failure', async () => {
    lab.tokenBehaviour.lockAfterFailure = true;
    await facility.token({ client_secret: 'wrong' });
    expect((await facility.token()).status).toBe(429);
    clock += 60_000;
    expect((await facility.token()).status).toBe(200);
  });

  it('lives as long as it says, and the fault is the documented one afterwards', async () => {
    lab.tokenBehaviour.expiresInSeconds = 14399;
    const authorization = `Bearer ${await facility.accessToken()}`;
    const ask = (): Promise<{ status: number; json: unknown }> =>
      facility.post(GENERATE, JSON.stringify(AGENT), { ...JSON_BODY, authorization });
    clock += 14_398_000;
    expect((await ask()).status).toBe(200);
    clock += 1000;
    expect(await ask()).toMatchObject({
      status: 401,
      json: { fault: { detail: { errorcode: 'keymanagement.service.access_token_expired' } } },
    });
  });

  it('judges the bearer before the body, in either spelling of the gateway', async () => {
    const ask = (): Promise<{ status: number; json: unknown }> =>
      facility.post(GENERATE, 'rubbish', { authorization: 'Bearer nobody' });
    expect(await ask()).toMatchObject({
      status: 401,
      json: {
        fault: {
          faultstring: 'Invalid Access Token',
          detail: { errorcode: 'keymanagement.service.invalid_access_token' },
        },
      },
    });
    lab.tokenBehaviour.invalidTokenSpelling = 'oauth';
    expect(await ask()).toMatchObject({
      json: { fault: { detail: { errorcode: 'oauth.v2.InvalidAccessToken' } } },
    });
  });
});
