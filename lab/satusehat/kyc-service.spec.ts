import { generateKeyPairSync } from 'node:crypto';
import { sealMessage } from './envelope';
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
