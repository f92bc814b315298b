import { until } from '../support/eventually';
import { inTime } from '../support/in-time';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import { Officer, PATIENT } from './satusehat-officer';
import { expectProblem, REFUSED, TIMEOUT, UNAVAILABLE, UNUSABLE } from './satusehat-problem';

let gateway: TestGateway;
let officer: Officer;

beforeAll(async () => {
  gateway = await startTestGateway({
    environment: { PARTNER_TIMEOUT_MS: '2000', SATUSEHAT_KEY_POOL_SIZE: '2' },
  });
  officer = new Officer(gateway);
  await officer.openPage(); // fetches a token and starts the making of keys
});
afterAll(async () => {
  await gateway?.close();
});
beforeEach(async () => {
  gateway.lab.satusehat.faults.clear();
  // Making a key pair can take longer than a request may.
  await until(async () =>
    /^satusehat_key_pairs_ready [1-9]/m.test((await gateway.http.get('/metrics')).text),
  );
});

describe('the Ministry', () => {
  it('is not asked twice when it fails: its answer may have been lost, not its work', async () => {
    const lab = gateway.lab.satusehat;
    const before = lab.calls('generate-url');
    lab.answerNext('panic');
    expect((await officer.openPage()).status).toBe(502);
    expect(lab.calls('generate-url') - before).toBe(1);
  });

  it('that does not answer in time is a time-out within the budget', async () => {
    await inTime(3_000, async () => {
      gateway.lab.satusehat.faults.next({ path: '/kyc/v1/generate-url', hang: true });
      expectProblem(await officer.openPage(), {
        ...TIMEOUT,
        detail: 'did not answer in time',
      });
    });
  });

  it('that cuts the connection is unavailable', async () => {
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', reset: true });
    expectProblem(await officer.issueCode(), { ...UNAVAILABLE, detail: 'cannot be reached' });
  });

  it.each([
    ['an empty body', ''],
    ['JSON of another shape', { ok: true }],
    ['a list', []],
    ['a success without a code', { metadata: { message: 'OK' }, data: {} }],
    ['a code that is no number', { metadata: { code: 'fine' }, data: {} }],
    ['a success without data', { metadata: { code: '200', message: 'OK' } }],
    ['an encrypted message with nothing in it', armoured('')],
    ['an encrypted message of junk', armoured('A'.repeat(600))],
    ['half an encrypted message', '-----BEGIN ENCRYPTED MESSAGE-----\r\nAAAA'],
  ])('that answers with HTTP 200 and %s gives no page and no code', async (_, body) => {
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/', status: 200, body, times: 2 });
    expectProblem(await officer.openPage(), { ...UNUSABLE, detail: 'cannot be used' });
    expectProblem(await officer.issueCode(), { ...UNUSABLE, detail: 'cannot be used' });
  });

  it.each([500, 503, 200])(
    'that fails with metadata.code 500 is not refusing, whatever HTTP says: %i',
    async (status) => {
      const body = { metadata: { code: 500, message: 'Internal Server Error' }, data: null };
      gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status, body });
      expectProblem(await officer.issueCode(), { ...UNUSABLE, detail: '(500)' });
    },
  );

  it.each([
    ['text', 'no healthy upstream'],
    [
      'a fault',
      { fault: { faultstring: 'x', detail: { errorcode: 'messaging.adaptors.http.flow.Unavailable' } } },
    ],
  ])('that is away in %s asks for patience, and says how much', async (_, body) => {
    const headers = { 'retry-after': '17' };
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status: 503, body, headers });
    const answer = await officer.issueCode();
    expectProblem(answer, { ...UNAVAILABLE, detail: 'SATUSEHAT' });
    expect(answer.headers['retry-after']).toBe('17');
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status: 504, body });
    expectProblem(await officer.issueCode(), { ...TIMEOUT, detail: 'SATUSEHAT' });
  });

  it('that says 429 in its own words asks for patience', async () => {
    const body = { metadata: { code: '429', message: 'Too Many Requests' }, data: {} };
    const headers = { 'retry-after': '17' };
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status: 200, body, headers });
    const answer = await officer.issueCode();
    expectProblem(answer, { ...UNAVAILABLE, detail: '(429)' });
    expect(answer.headers['retry-after']).toBe('17');
  });

  it('that refuses a patient with HTTP 200 refuses all the same', async () => {
    const body = {
      metadata: { code: 404, message: 'Error: Not Found' },
      data: { error: 'patient not found' },
    };
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status: 200, body });
    expectProblem(await officer.issueCode(), { ...REFUSED, detail: '(404)' });
  });

  it.each(['3524016901830001', '9271060312000001'])('refuses a patient it cannot find: %s', async (nik) => {
    expectProblem(await officer.issueCode({ ...PATIENT, nik }), { ...REFUSED, detail: '(400)' });
  });

  it('that speaks of another patient gives no code', async () => {
    const data = {
      nik: '1111111111111111',
      name: PATIENT.name,
      ihs_number: 'P02029688251',
      challenge_code: '804821',
      created_timestamp: '2026-11-22T03:26:13+07:00',
      expired_timestamp: '2026-11-22T03:31:13+07:00',
    };
    const body = { metadata: { code: '200', message: 'OK' }, data };
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', status: 200, body });
    expectProblem(await officer.issueCode(), { ...UNUSABLE, detail: 'another person' });
  });

  it('has one budget for everything, also when a token has to be renewed on the way', async () => {
    const lab = gateway.lab.satusehat;
    await officer.openPage();
    lab.faults.next({ path: '/kyc/v1/generate-url', delayMs: 1_700, status: 401, body: {} });
    lab.faults.next({ path: '/oauth2/', hang: true });
    const started = performance.now();
    expectProblem(await officer.openPage(), { ...TIMEOUT, detail: 'did not answer in time' });
    expect(performance.now() - started).toBeLessThan(3_300);
  });
});

function armoured(base64: string): string {
  return `-----BEGIN ENCRYPTED MESSAGE-----\r\n${base64}\r\n-----END ENCRYPTED MESSAGE-----`;
}
