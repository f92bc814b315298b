import { randomUUID } from 'node:crypto';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

const OFFICER = { agentName: 'Bambang Wisanggeni', agentNik: '3313096403900009' };
const PATIENT = { nik: '9271060312000002', name: 'Budi Santoso' };
const UUID = /^[0-9a-f-]{36}$/;

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});

function officer(phoneNumber = '6285610573956', unit = 'nanovest'): string {
  return `Bearer ${gateway.lab.simasId.mintToken({ unit, phoneNumber })}`;
}

function openPage(body: object = OFFICER, who = officer()): Promise<Answer> {
  return post('/v1/satusehat/validation-urls', body, who);
}

function issueCode(body: object = PATIENT, who = officer()): Promise<Answer> {
  return post('/v1/satusehat/challenge-codes', body, who);
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown> & { submissionId: string };
}

async function post(path: string, body: object, authorization: string): Promise<Answer> {
  return gateway.http.post(path).set('authorization', authorization).send(body);
}

async function get(path: string, authorization: string): Promise<{ status: number; body: unknown }> {
  return gateway.http.get(path).set('authorization', authorization);
}

async function storedText(): Promise<string> {
  const { Client } = await import('pg');
  const client = new Client(gateway.database.url);
  await client.connect();
  try {
    const { rows } = await client.query<{ all: string }>(
      `SELECT coalesce(string_agg(e.data::text || e.source_key, ' '), '')
              || (SELECT coalesce(string_agg(j.data::text, ' '), '') FROM pgboss.job j) AS all FROM kyc_event e`,
    );
    return rows[0]?.all ?? '';
  } finally {
    await client.end();
  }
}

describe('an officer of a health facility', () => {
  it('opens a validation page through the encrypted envelope', async () => {
    const answer = await openPage();
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
    const { body } = await openPage();
    const own = await get(`/v1/submissions/${body.submissionId}`, officer());
    expect(own.body).toMatchObject({ id: body.submissionId, kind: 'satusehat', status: 'open' });
    const strangers = await get(`/v1/submissions/${body.submissionId}`, officer('6281234567890'));
    expect(strangers.status).toBe(404);
  });

  it('sends a patient a challenge code on an open page of theirs', async () => {
    const page = await openPage();
    const answer = await issueCode({ ...PATIENT, submissionId: page.body.submissionId });
    const sent = gateway.lab.satusehat.challenges().at(-1);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      submissionId: page.body.submissionId,
      ...PATIENT,
      ihsNumber: 'P02029532758',
      challengeCode: sent?.code,
      createdAt: expect.stringMatching(/T.*\.\d{3}Z$/),
      expiresAt: expect.stringMatching(/T.*\.\d{3}Z$/),
    });
    const lifetime =
      Date.parse(String(answer.body['expiresAt'])) - Date.parse(String(answer.body['createdAt']));
    expect(lifetime).toBe(5 * 60_000);
    const { body } = await get(`/v1/submissions/${page.body.submissionId}/events`, officer());
    expect((body as { data: { type: string }[] }).data.map(({ type }) => type)).toEqual([
      'kyc.opened',
      'challenge_code.issued',
    ]);
  });

  it('gets a submission of its own for a code that belongs to no page', async () => {
    const answer = await issueCode();
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/submissions/${answer.body.submissionId}`);
    const own = await get(`/v1/submissions/${answer.body.submissionId}`, officer());
    expect(own.body).toMatchObject({ kind: 'satusehat', status: 'open' });
  });

  it("cannot use another officer's page, another unit's, or one that does not exist", async () => {
    const page = await openPage();
    const { submissionId } = page.body;
    const before = gateway.lab.satusehat.calls('challenge-code');
    const anothers = await issueCode({ ...PATIENT, submissionId }, officer('6281234567890'));
    const otherUnits = await issueCode({ ...PATIENT, submissionId }, officer('6285610573956', 'siminvest'));
    const nobodys = await issueCode({ ...PATIENT, submissionId: randomUUID() });
    for (const { status, body } of [anothers, otherUnits, nobodys]) {
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: 'not_found' });
    }
    expect(gateway.lab.satusehat.calls('challenge-code')).toBe(before);
  });

  it('sends no further code once the back office has decided', async () => {
    const page = await openPage();
    const { submissionId } = page.body;
    const decision = await post(
      `/v1/submissions/${submissionId}/reject`,
      { reason: 'the face did not match' },
      backOffice('nanovest'),
    );
    expect(decision.status).toBe(200);
    const answer = await issueCode({ ...PATIENT, submissionId });
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
  ])('is refused with %s', async (_, body, field) => {
    const answer = await openPage(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ field }] });
  });

  it.each([
    ['a NIK with letters', { ...PATIENT, nik: '927106031200000X' }, 'nik'],
    ['an empty name', { ...PATIENT, name: '' }, 'name'],
    ['a submission id that is none', { ...PATIENT, submissionId: 'mine' }, 'submissionId'],
    ['null as submission id', { ...PATIENT, submissionId: null }, 'submissionId'],
  ])('gets no challenge code for %s', async (_, body, field) => {
    const answer = await issueCode(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ field }] });
  });
});

describe('a back office', () => {
  it('is no officer', async () => {
    const answer = await openPage(OFFICER, backOffice('nanovest'));
    expect(answer.status).toBe(401);
  });
});

describe('what is kept', () => {
  it('holds no NIK, name, code, token or URL in events, jobs or log lines', async () => {
    const page = await openPage();
    const code = await issueCode({ ...PATIENT, submissionId: page.body.submissionId });
    const stored = await storedText();
    expect(stored).toContain('validation-url');
    const secrets = [
      OFFICER.agentNik,
      OFFICER.agentName,
      PATIENT.nik,
      PATIENT.name,
      String(page.body['token']),
      'validation-web',
      `"${String(code.body['challengeCode'])}"`,
      String(code.body['ihsNumber']),
    ];
    for (const secret of secrets) {
      expect(stored).not.toContain(secret);
      expect(gateway.logLines.join('')).not.toContain(secret);
    }
  });
});
