import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sealMessage } from './envelope';
import { ERROR_CATALOGUE, type CatalogueRow } from './error-catalogue';
import { startSatusehatLab, type SatusehatLab } from './index';
import { AGENT, CHALLENGE, Facility, PATIENT, send } from './satusehat-client.fixture';

const GENERATE = '/kyc/v1/generate-url';
const CHALLENGE_CODE = '/kyc/v1/challenge-code';
const JSON_BODY = { 'content-type': 'application/json' };
const refused = (message: string, error: string): unknown => ({
  metadata: { code: '400', message },
  data: { error },
});

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

describe('generate-url', () => {
  it.each(['documented', 'staging'] as const)('answers a sealed request in armour on %s', async (profile) => {
    lab.profile = profile;
    const answer = await facility.post(GENERATE, facility.seal(AGENT), { 'x-debug-mode': '0' });
    expect(answer.status).toBe(200);
    expect(answer.text.startsWith('-----BEGIN ENCRYPTED MESSAGE-----\r\n')).toBe(true);
    const token = lab.sessions()[0]?.token ?? '';
    expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const { agent_name, agent_nik } = AGENT;
    expect(JSON.stringify(facility.open(answer))).toBe(
      JSON.stringify({
        metadata: { code: '200', message: 'OK' },
        data: { agent_name, agent_nik, token, url: `${lab.url}/kyc/v1/validation-web/${token}` },
      }),
    );
  });

  it('takes plain JSON as documented, and refuses it as staging does', async () => {
    expect(await facility.post(GENERATE, JSON.stringify(AGENT), JSON_BODY)).toMatchObject({
      status: 200,
      json: { metadata: { code: '200' }, data: { agent_nik: AGENT.agent_nik } },
    });
    lab.profile = 'staging';
    expect(await facility.post(GENERATE, JSON.stringify(AGENT), JSON_BODY)).toMatchObject({
      status: 200,
      json: refused('Error: Bad Request', 'missing begin tag'),
    });
  });

  it("refuses a message sealed with another environment's key", async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const message = sealMessage(JSON.stringify(AGENT), stranger);
    expect(await facility.post(GENERATE, message)).toMatchObject({
      status: 400,
      json: refused('Bad Request', 'failed to decrypt ciphertext: crypto/rsa: decryption error'),
    });
    lab.profile = 'staging';
    expect(await facility.post(GENERATE, message)).toMatchObject({
      status: 200,
      json: refused('Error: Bad Request', 'Failed to decrypt message'),
    });
  });

  it('panics over junk in a valid armour on staging, and refuses it as documented otherwise', async () => {
    const junk = '-----BEGIN ENCRYPTED MESSAGE-----\r\nanVuaw==\r\n-----END ENCRYPTED MESSAGE-----';
    expect((await facility.post(GENERATE, junk)).status).toBe(400);
    lab.profile = 'staging';
    const answer = await facility.post(GENERATE, junk);
    expect([answer.status, answer.text]).toEqual([500, 'A panic occurred during user function execution.']);
  });

  it.each([
    ['no agent name', { ...AGENT, agent_name: '' }],
    ['no agent NIK', { ...AGENT, agent_nik: undefined }],
    ['no usable key', { ...AGENT, public_key: 'hello' }],
    ['a list', [AGENT]],
  ])('refuses a request with %s', async (_name, payload) => {
    const answer = await facility.post(GENERATE, facility.seal(payload));
    expect(answer).toMatchObject({
      status: 400,
      json: { metadata: { code: '400', message: 'Bad Request' } },
    });
    expect(lab.sessions()).toEqual([]);
  });

  it('is a POST', async () => {
    const authorization = `Bearer ${await facility.accessToken()}`;
    const answer = await send(lab.url + GENERATE, { headers: { authorization } });
    expect(answer).toMatchObject({ status: 400, json: { metadata: { message: 'Bad Request' } } });
    expect(await send(`${lab.url}/kyc/v2/elsewhere`, {})).toMatchObject({ status: 404, text: '' });
  });
});

describe('challenge-code', () => {
  it('gives the patient six digits for five minutes, and the facility the IHS number', async () => {
    const answer = await facility.post(CHALLENGE_CODE, JSON.stringify(CHALLENGE), JSON_BODY);
    const code = lab.challenges()[0]?.code;
    expect(code).toMatch(/^\d{6}$/);
    expect(answer.json).toEqual({
      metadata: { code: '200', message: 'OK' },
      data: {
        ...PATIENT,
        ihs_number: 'P02029532758',
        challenge_code: code,
        created_timestamp: '2026-11-02T10:26:13+07:00',
        expired_timestamp: '2026-11-02T10:31:13+07:00',
      },
    });
  });

  it('knows every other 16-digit NIK under one IHS number of its own', async () => {
    const ask = async (nik: string): Promise<unknown> => {
      const body = JSON.stringify({ ...CHALLENGE, data: { ...PATIENT, nik } });
      const { json } = await facility.post(CHALLENGE_CODE, body, JSON_BODY);
      return (json as { data: { ihs_number: unknown } }).data.ihs_number;
    };
    const first = await ask('3174010101900001');
    expect(first).toMatch(/^P\d{11}$/);
    expect(await ask('3174010101900001')).toBe(first);
    expect(await ask('3174010101900002')).not.toBe(first);
  });

  it.each(['9271060312000001', '3524016901830001', '12345', ''])('refuses NIK "%s"', async (nik) => {
    const body = JSON.stringify({ ...CHALLENGE, data: { ...PATIENT, nik } });
    expect(await facility.post(CHALLENGE_CODE, body, JSON_BODY)).toMatchObject({
      status: 400,
      json: { metadata: { code: '400', message: 'Bad Request' } },
    });
  });

  it('refuses nik and name inside metadata, and any other method', async () => {
    const wrong = [
      { metadata: { method: 'request_per_nik', ...PATIENT } },
      { ...CHALLENGE, metadata: { method: 'x' } },
    ];
    for (const body of wrong) {
      expect((await facility.post(CHALLENGE_CODE, JSON.stringify(body), JSON_BODY)).status).toBe(400);
    }
  });

  it('refuses plain JSON on staging unless debugging is on for a known frame token', async () => {
    lab.profile = 'staging';
    const body = JSON.stringify(CHALLENGE);
    expect(await facility.post(CHALLENGE_CODE, body, JSON_BODY)).toMatchObject({
      status: 200,
      json: refused('Error: Bad Request', 'Failed to decrypt message'),
    });
    const { token } = await facility.validationUrl();
    const headers = { ...JSON_BODY, 'x-debug-mode': '1', 'x-frame-token': token };
    expect((await facility.post(CHALLENGE_CODE, body, headers)).json).toMatchObject({
      metadata: { code: '200' },
    });
  });

  it('answers a sealed request to the key of the frame token, and only to the unit that owns it', async () => {
    lab.profile = 'staging';
    const { token } = await facility.validationUrl();
    const headers = { 'x-frame-token': token };
    const answer = await facility.post(CHALLENGE_CODE, facility.seal(CHALLENGE), headers);
    expect(facility.open(answer)).toMatchObject({ data: { ihs_number: 'P02029532758' } });
    const stranger = new Facility(lab, 'siminvest');
    for (const refusedAnswer of [
      await facility.post(CHALLENGE_CODE, facility.seal(CHALLENGE)),
      await stranger.post(CHALLENGE_CODE, facility.seal(CHALLENGE), headers),
    ]) {
      expect(refusedAnswer.json).toEqual(refused('Error: Bad Request', 'Failed to decrypt message'));
    }
  });
});

describe('the error catalogue', () => {
  const rows = Object.keys(ERROR_CATALOGUE) as CatalogueRow[];

  it.each(rows)('answers the row "%s" on demand, once', async (row) => {
    const expected: { status: number; path: string; body?: unknown } = ERROR_CATALOGUE[row];
    const authorization = `Bearer ${await facility.accessToken()}`;
    const ask = (): ReturnType<Facility['post']> =>
      expected.path.startsWith('/oauth2')
        ? facility.token()
        : facility.post(GENERATE, facility.seal(AGENT), { authorization });
    lab.answerNext(row);
    const answer = await ask();
    expect(answer.status).toBe(expected.status);
    expect(answer.json ?? answer.text).toEqual(expected.body ?? '');
    expect((await ask()).status).toBe(200);
  });
});

describe('the lab itself', () => {
  it('counts what arrived', async () => {
    await facility.validationUrl();
    lab.answerNext('panic');
    await facility.post(GENERATE, '');
    expect([lab.calls('token'), lab.calls('generate-url'), lab.calls('challenge-code')]).toEqual([2, 2, 0]);
  });

  it('keeps its key pair, tokens and sessions over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'satusehat-'));
    const options = {
      host: '127.0.0.1',
      port: 0,
      units: ['nanovest'],
      now: () => new Date(clock),
      snapshotFile: join(folder, 'satusehat.json'),
    };
    const first = await startSatusehatLab(options);
    const authorization = `Bearer ${await new Facility(first, 'nanovest').accessToken()}`;
    await new Facility(first, 'nanovest').validationUrl();
    await first.close();
    const second = await startSatusehatLab(options);
    expect(second.publicKeyPem).toBe(first.publicKeyPem);
    expect(second.sessions()).toHaveLength(1);
    const body = JSON.stringify(AGENT);
    const answer = await new Facility(second, 'nanovest').post(GENERATE, body, {
      ...JSON_BODY,
      authorization,
    });
    expect(answer.status).toBe(200);
    await second.close();
    await rm(folder, { recursive: true });
  });

  it('refuses every token after they were revoked', async () => {
    const authorization = `Bearer ${await facility.accessToken()}`;
    lab.revokeTokens();
    expect((await facility.post(GENERATE, facility.seal(AGENT), { authorization })).status).toBe(401);
  });
});
