import { type Lab, startLab } from '../../lab';
import { eventually } from '../support/eventually';
import { newPhone, OtpDesk } from '../support/otp-desk';
import { backOffice, startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';
import { Officer } from './satusehat-officer';

let lab: Lab;
let gateway: TestGateway;

function bearer(phoneNumber = newPhone()): string {
  return `Bearer ${lab.simasId.mintToken({ unit: 'nanovest', phoneNumber })}`;
}

/** Once a request met the fault. */
function used(faults: { readonly pending: number }): Promise<number> {
  return eventually(
    () => Promise.resolve(faults.pending),
    (left) => left === 0,
  );
}

describe('JSON as some servers dress it, with a byte order mark and an odd content type', () => {
  beforeAll(async () => {
    lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
    const { simasId, commonKyc, gtf, satusehat, whatsapp, twilio } = lab;
    for (const partner of [simasId, commonKyc, gtf, satusehat, whatsapp, twilio])
      partner.faults.next({ dressed: true, times: 1_000 });
    gateway = await startTestGateway({ lab });
  });
  afterAll(async () => {
    await gateway?.close();
    await lab?.close();
  });

  it('from SIMAS-ID lets a person in, by its keys and by asking it', async () => {
    for (const path of ['/v1/me', '/v1/me/userinfo']) {
      const answer = await gateway.http.get(path).set('authorization', bearer());
      expect([path, answer.status]).toEqual([path, 200]);
    }
  });

  it('from Common KYC fills the form in', async () => {
    const phoneNumber = newPhone();
    const kyc = { fullName: 'SITI', nik: '3171010101900001', dateOfBirth: '1990-01-01', email: '' };
    await gateway.http
      .post('/v1/common-kyc')
      .set('authorization', backOffice('nanovest'))
      .send({ phoneNumber, ...kyc });
    await lab.commonKyc.waitForRecord(({ phone_number }) => phone_number === phoneNumber);
    const answer = await gateway.http.get('/v1/me/common-kyc').set('authorization', bearer(phoneNumber));
    expect([answer.status, answer.body.fullName]).toEqual([200, 'SITI']);
  });

  it('from GTF starts a person’s submission', async () => {
    const answer = await gateway.http
      .post('/v1/gtf/submissions')
      .set('authorization', bearer())
      .send({ submissionType: 'KTP_SCAN' });
    expect(answer.status).toBe(201);
  });

  it('from SATUSEHAT opens an officer’s page', async () => {
    expect((await new Officer(gateway).openPage()).status).toBe(201);
  });

  it.each(['whatsapp', 'sms'])('from the provider of %s names the message', async (channel) => {
    const desk = new OtpDesk(gateway);
    const id = await desk.send({ channel });
    await desk.tried(id, 1);
    expect(
      await desk.sql(
        'SELECT outcome, provider_message_id IS NOT NULL AS named FROM otp_attempt WHERE delivery_id = $1',
        [id],
      ),
    ).toEqual([{ outcome: 'accepted', named: true }]);
  });
});

describe('A token service that hangs once', () => {
  beforeAll(async () => {
    lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
    gateway = await startTestGateway({ lab, environment: { PARTNER_TIMEOUT_MS: '3000' } });
  });
  afterAll(async () => {
    await gateway?.close();
    await lab?.close();
  });

  it('costs one officer their answer, not those who came while it hung', async () => {
    lab.satusehat.faults.next({ path: '/oauth2', hang: true });
    const first = new Officer(gateway).openPage();
    await used(lab.satusehat.faults);
    const others = [1, 2, 3].map(() => new Officer(gateway).openPage());
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect((await first).status).toBe(504);
  });

  it('costs one try of a person at GTF, not the next', async () => {
    const authorization = bearer();
    const submit = (): Promise<{ status: number }> =>
      gateway.http
        .post('/v1/gtf/submissions')
        .set('authorization', authorization)
        .send({ submissionType: 'KTP_SCAN' })
        .then();
    lab.gtf.faults.next({ path: '/v2/coe/authentication', hang: true });
    const first = submit();
    await used(lab.gtf.faults);
    expect((await submit()).status).toBe(201);
    expect((await first).status).toBe(504);
  });
});

describe('A token service behind something that answers for it', () => {
  const alarms = async (): Promise<string[]> =>
    (await gateway.log()).filter((line) => /refuses (?:the credentials|a )/.test(line));

  beforeAll(async () => {
    lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
    gateway = await startTestGateway({ lab });
  });
  afterAll(async () => {
    await gateway?.close();
    await lab?.close();
  });

  it.each([401, 403, 404, 405, 409, 410, 451])(
    'with %d in HTML: 502, and no alarm about credentials',
    async (status) => {
      const page = { status, body: '<html><h1>Not here</h1></html>' };
      lab.satusehat.faults.next({ path: '/oauth2', ...page });
      lab.gtf.faults.next({ path: '/v2/coe/authentication', ...page });
      const submit = gateway.http
        .post('/v1/gtf/submissions')
        .set('authorization', bearer())
        .send({ submissionType: 'KTP_SCAN' });
      const answers = [await new Officer(gateway).openPage(), await submit];
      expect(answers.map(({ body }) => (body as { code: string }).code)).toEqual([
        'partner_error',
        'partner_error',
      ]);
      expect(await alarms()).toEqual([]);
    },
  );

  it('lets no page of HTML pass for a refusal of the tokens, either', async () => {
    const page = { status: 401, body: '<html><h1>Blocked</h1></html>', times: 2 };
    lab.satusehat.faults.next({ path: '/kyc', ...page });
    lab.gtf.faults.next({ path: '/coe/v1', ...page });
    const submit = gateway.http
      .post('/v1/gtf/submissions')
      .set('authorization', bearer())
      .send({ submissionType: 'KTP_SCAN' });
    const answers = [await new Officer(gateway).openPage(), await submit];
    expect(answers.map(({ body }) => (body as { code: string }).code)).toEqual([
      'partner_error',
      'partner_error',
    ]);
    expect([lab.satusehat.faults.pending, lab.gtf.faults.pending]).toEqual([0, 0]);
    expect(await alarms()).toEqual([]);
  });
});
