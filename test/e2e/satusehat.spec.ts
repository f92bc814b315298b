import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { Officer, OFFICER, PATIENT } from './satusehat-officer';

const UUID = /^[0-9a-f-]{36}$/;

let gateway: TestGateway;
let officer: Officer;
let colleague: Officer;

beforeAll(async () => {
  gateway = await startTestGateway();
  officer = new Officer(gateway);
  colleague = new Officer(gateway, { phoneNumber: '6281234567890' });
});
afterAll(async () => {
  await gateway?.close();
});

describe('an officer of a health facility', () => {
  it('opens a validation page through the encrypted envelope', async () => {
    const answer = await officer.openPage();
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      submissionId: expect.stringMatching(UUID),
      token: expect.stringMatching(UUID),
      url: `${gateway.lab.satusehat.url}/kyc/v1/validation-web/${String(answer.body['token'])}`,
    });
    expect(answer.headers['location']).toBe(`/v1/submissions/${answer.body.submissionId}`);
    expect(answer.headers['cache-control']).toBe('no-store');
    const session = gateway.lab.satusehat.sessions().at(-1);
    expect(session).toMatchObject({ sealed: true, agentName: OFFICER.agentName, agentNik: OFFICER.agentNik });
  });

  it('finds the page among their submissions, open until somebody decides', async () => {
    const { body } = await officer.openPage();
    const own = await officer.get(`/v1/submissions/${body.submissionId}`);
    expect(own.body).toMatchObject({ id: body.submissionId, kind: 'satusehat', status: 'open' });
    expect((await colleague.get(`/v1/submissions/${body.submissionId}`)).status).toBe(404);
  });

  it('sends a patient a challenge code on an open page of theirs', async () => {
    const { submissionId } = (await officer.openPage()).body;
    const answer = await officer.issueCode({ ...PATIENT, submissionId });
    const sent = gateway.lab.satusehat.challenges().at(-1);
    expect(answer.status).toBe(201);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      submissionId,
      ...PATIENT,
      ihsNumber: 'P02029532758',
      challengeCode: sent?.code,
      createdAt: expect.stringMatching(/T.*\.\d{3}Z$/),
      expiresAt: expect.stringMatching(/T.*\.\d{3}Z$/),
    });
    const [created, expires] = [answer.body['createdAt'], answer.body['expiresAt']].map(String);
    expect(Date.parse(expires ?? '') - Date.parse(created ?? '')).toBe(5 * 60_000);
    expect(await eventTypes(submissionId)).toEqual(['kyc.opened', 'challenge_code.issued']);
  });

  it('gets a submission of its own for a code that belongs to no page', async () => {
    const answer = await officer.issueCode();
    const { submissionId } = answer.body;
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/submissions/${submissionId}`);
    const own = await officer.get(`/v1/submissions/${submissionId}`);
    expect(own.body).toMatchObject({ kind: 'satusehat', status: 'open' });
    expect(await eventTypes(submissionId)).toEqual(['kyc.opened', 'challenge_code.issued']);
  });

  it("cannot use another officer's page, another unit's, or one that does not exist", async () => {
    const { submissionId } = (await officer.openPage()).body;
    const elsewhere = new Officer(gateway, { unit: 'siminvest' });
    const before = gateway.lab.satusehat.calls('challenge-code');
    const answers = [
      await colleague.issueCode({ ...PATIENT, submissionId }),
      await elsewhere.issueCode({ ...PATIENT, submissionId }),
      await officer.issueCode({ ...PATIENT, submissionId: randomUUID() }),
    ];
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
      [404, 'not_found'],
      [404, 'not_found'],
      [404, 'not_found'],
    ]);
    expect(gateway.lab.satusehat.calls('challenge-code')).toBe(before);
  });

  it('sends no further code once the back office has decided', async () => {
    const { submissionId } = (await officer.openPage()).body;
    const decision = await gateway.http
      .post(`/v1/submissions/${submissionId}/reject`)
      .set('authorization', backOffice('nanovest'))
      .send({ reason: 'the face did not match' });
    expect(decision.status).toBe(200);
    const answer = await officer.issueCode({ ...PATIENT, submissionId });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'invalid_state' });
  });

  it.each([
    ['a short NIK', { ...OFFICER, agentNik: '331309640390000' }, 'agentNik'],
    ['a NIK that is a number', { ...OFFICER, agentNik: 3313096403900009 }, 'agentNik'],
    ['no name', { agentNik: OFFICER.agentNik }, 'agentName'],
    ['a blank name', { ...OFFICER, agentName: '  ' }, 'agentName'],
    ['a name of 201 characters', { ...OFFICER, agentName: 'B'.repeat(201) }, 'agentName'],
    ['a field we do not know', { ...OFFICER, agentCode: '1' }, 'agentCode'],
  ])('gets no page with %s', async (_, body, field) => {
    const answer = await officer.openPage(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ field }] });
  });

  it.each([
    ['a NIK with letters', { ...PATIENT, nik: '927106031200000X' }, 'nik'],
    ['an empty name', { ...PATIENT, name: '' }, 'name'],
    ['a submission id that is none', { ...PATIENT, submissionId: 'mine' }, 'submissionId'],
    ['null as submission id', { ...PATIENT, submissionId: null }, 'submissionId'],
  ])('gets no challenge code for %s', async (_, body, field) => {
    const answer = await officer.issueCode(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ field }] });
  });
});

describe('a back office', () => {
  async function approve(submissionId: string, body: object): Promise<{ status: number; body: unknown }> {
    return gateway.http
      .post(`/v1/submissions/${submissionId}/approve`)
      .set('authorization', backOffice('nanovest'))
      .send(body);
  }

  it("records the officer's finding with all of the patient's data, since none is kept before", async () => {
    const { submissionId } = (await officer.openPage()).body;
    await officer.issueCode({ ...PATIENT, submissionId });
    const patient = { fullName: PATIENT.name, nik: PATIENT.nik, dateOfBirth: '1990-02-18', email: '' };
    const incomplete = await approve(submissionId, patient);
    expect(incomplete).toMatchObject({
      status: 422,
      body: { code: 'incomplete_data', errors: [{ field: 'phoneNumber' }] },
    });
    const approved = await approve(submissionId, { ...patient, phoneNumber: '6281298765432' });
    expect(approved).toMatchObject({ status: 200, body: { id: submissionId, status: 'approved' } });
  });
});

describe('what is kept', () => {
  it('holds no NIK, name, code, token or URL: neither in events and jobs nor in log lines', async () => {
    const page = await officer.openPage();
    const code = await officer.issueCode({ ...PATIENT, submissionId: page.body.submissionId });
    const kept = (await storedText()) + (await gateway.log()).join('');
    expect(kept).toContain('validation-url');
    const secrets = [
      ...Object.values(OFFICER),
      ...Object.values(PATIENT),
      page.body['token'],
      'validation-web',
      `"${String(code.body['challengeCode'])}"`,
      code.body['ihsNumber'],
    ];
    for (const secret of secrets) expect(kept).not.toContain(String(secret));
  });
});

async function eventTypes(submissionId: string): Promise<string[]> {
  const { body } = await officer.get(`/v1/submissions/${submissionId}/events`);
  return (body['data'] as { type: string }[]).map(({ type }) => type);
}

/** Everything of events and jobs that is not encrypted. */
async function storedText(): Promise<string> {
  const client = new Client(gateway.database.url);
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>(
      'SELECT data::text || source_key AS text FROM kyc_event UNION ALL SELECT data::text FROM pgboss.job',
    );
    return rows.map(({ text }) => text).join('\n');
  } finally {
    await client.end();
  }
}
