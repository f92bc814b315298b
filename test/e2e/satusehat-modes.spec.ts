import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import { Officer, PATIENT } from './satusehat-officer';
import { expectProblem, REFUSED, UNUSABLE } from './satusehat-problem';

const running: TestGateway[] = [];
let encrypted: TestGateway;
let plain: TestGateway;
let sealed: TestGateway;

async function gatewayWith(environment: Record<string, string>): Promise<TestGateway> {
  const [first] = running;
  const gateway = await startTestGateway({
    environment,
    ...(first === undefined ? {} : { lab: first.lab }),
  });
  running.push(gateway);
  return gateway;
}

beforeAll(async () => {
  encrypted = await gatewayWith({
    BU_SIMINVEST_SATUSEHAT_CLIENT_ID: '',
    BU_SIMINVEST_SATUSEHAT_CLIENT_SECRET: '',
  });
  plain = await gatewayWith({ SATUSEHAT_KYC_MODE: 'plain' });
  sealed = await gatewayWith({ SATUSEHAT_CHALLENGE_MODE: 'sealed' });
});
afterAll(async () => {
  for (const gateway of running.reverse()) await gateway.close();
});
beforeEach(() => {
  encrypted.lab.satusehat.faults.clear();
  encrypted.lab.satusehat.profile = 'documented';
});

describe('the plain mode', () => {
  it('asks for a validation page in clear', async () => {
    const answer = await new Officer(plain).openPage();
    expect(answer.status).toBe(201);
    expect(plain.lab.satusehat.sessions().at(-1)).toMatchObject({ sealed: false });
  });

  it('is refused by staging, and the officer is told that it says nothing about a person', async () => {
    plain.lab.satusehat.profile = 'staging';
    expectProblem(await new Officer(plain).openPage(), { ...REFUSED, detail: 'takes sealed requests only' });
    expectProblem(await new Officer(plain).issueCode(), {
      ...REFUSED,
      detail: 'says nothing about the person',
    });
  });
});

describe('the encrypted mode', () => {
  it('works on staging too', async () => {
    encrypted.lab.satusehat.profile = 'staging';
    expect((await new Officer(encrypted).openPage()).status).toBe(201);
  });

  it('takes no answer in clear: only the Ministry can have opened the request', async () => {
    encrypted.lab.satusehat.faults.next({
      path: '/kyc/v1/generate-url',
      status: 200,
      body: success(`${encrypted.lab.satusehat.url}/kyc/v1/validation-web/t`),
    });
    const answer = await new Officer(encrypted).openPage();
    expectProblem(answer, { ...UNUSABLE, detail: 'answered in clear' });
  });
});

describe('a validation URL', () => {
  it.each([
    ['on another host', 'https://kemkes.example/kyc/v1/validation-web/t'],
    ['whose host only begins alike', 'http://localhost.example/kyc/v1/validation-web/t'],
    ['with credentials in it', 'http://user:password@localhost/kyc/v1/validation-web/t'],
    ['that is a script', 'javascript:alert(1)'],
    ['that is none', '/kyc/v1/validation-web/t'],
  ])('%s never reaches a browser', async (_, url) => {
    const body = success(url);
    plain.lab.satusehat.faults.next({ path: '/kyc/v1/generate-url', status: 200, body });
    expectProblem(await new Officer(plain).openPage(), { ...UNUSABLE, detail: 'cannot be used' });
  });

  it('on the right host and another port never reaches a browser', async () => {
    const url = new URL(plain.lab.satusehat.url);
    url.port = '1';
    const body = success(`${url.origin}/kyc/v1/validation-web/t`);
    plain.lab.satusehat.faults.next({ path: '/kyc/v1/generate-url', status: 200, body });
    expectProblem(await new Officer(plain).openPage(), { ...UNUSABLE, detail: 'on a foreign host' });
  });
});

function success(url: string): object {
  return { metadata: { code: '200', message: 'OK' }, data: { token: 't', url } };
}

describe('a sealed challenge code', () => {
  it.each(['documented', 'staging'] as const)(
    'is asked for on a page of the officer, %s profile',
    async (profile) => {
      sealed.lab.satusehat.profile = profile;
      const officer = new Officer(sealed);
      const { submissionId } = (await officer.openPage()).body;
      const answer = await officer.issueCode({ ...PATIENT, submissionId });
      expect(answer.status).toBe(201);
      expect(answer.body['challengeCode']).toBe(sealed.lab.satusehat.challenges().at(-1)?.code);
    },
  );

  it('needs a page', async () => {
    const answer = await new Officer(sealed).issueCode();
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ field: 'submissionId' }] });
  });

  it('needs a page of the last half hour; what was kept of it is encrypted, and then deleted', async () => {
    const officer = new Officer(sealed);
    const page = await officer.openPage();
    const { submissionId } = page.body;
    const kept = `FROM satusehat_frame WHERE submission_id = '${submissionId}'`;
    const [row] = await query<{ sealed: Buffer; minutes: number }>(
      `SELECT sealed, round(extract(epoch FROM expires_at - now()) / 60)::int AS minutes ${kept}`,
    );
    expect(row).toMatchObject({ minutes: 30 });
    expect(row?.sealed.includes(String(page.body['token']))).toBe(false);

    await query(`UPDATE satusehat_frame SET expires_at = now() WHERE submission_id = '${submissionId}'`);
    const answer = await officer.issueCode({ ...PATIENT, submissionId });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'invalid_state' });
    expect(
      await eventually(
        () => query(`SELECT ${kept}`),
        ({ length }) => length === 0,
        30_000,
      ),
    ).toEqual([]);
  }, 40_000);

  it('leaves nothing of a page behind when codes are asked for in clear', async () => {
    await new Officer(encrypted).openPage();
    const rows = await query('SELECT 1 FROM satusehat_frame', encrypted);
    expect(rows).toEqual([]);
  });
});

async function query<Row extends object>(sql: string, gateway = sealed): Promise<Row[]> {
  const client = new Client(gateway.database.url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a business unit without credentials', () => {
  it('is told that the Ministry is not configured for it, and others are not disturbed', async () => {
    const unconfigured = { status: 501, code: 'partner_not_configured', detail: 'is not configured' };
    const officer = new Officer(encrypted, { unit: 'siminvest' });
    expectProblem(await officer.openPage(), unconfigured);
    expectProblem(await officer.issueCode(), unconfigured);
    expect((await new Officer(encrypted).openPage()).status).toBe(201);
  });
});
