import { randomInt } from 'node:crypto';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { dueNow } from '../support/due-now';
import { eventually } from '../support/eventually';

/** As Kong answers what it has no route for, and Spring what it has no path for. */
const NO_ROUTE = { message: 'no Route matched with those values' };
const UNKNOWN_PATH = {
  timestamp: '2026-11-30T03:04:05Z',
  status: 404,
  error: 'Not Found',
  path: '/v1/common-kyc',
};

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway?.close();
});
afterEach(() => {
  gateway.lab.commonKyc.faults.clear();
  jest.restoreAllMocks();
});

interface Kyc {
  readonly phoneNumber: string;
  readonly fullName: string;
  readonly nik: string;
  readonly dateOfBirth: string;
  readonly email: string;
}

function somebody(changes: Partial<Kyc> = {}): Kyc {
  return {
    phoneNumber: `62856${randomInt(10_000_000, 99_999_999)}`,
    fullName: 'BUDI SANTOSO',
    nik: '3171010101900001',
    dateOfBirth: '1990-01-01',
    email: 'budi@example.com',
    ...changes,
  };
}

function store(kyc: object, unit = 'nanovest'): Promise<Response> {
  return gateway.http.post('/v1/common-kyc').set('Authorization', backOffice(unit)).send(kyc);
}

function lookUp(phoneNumber: string, unit = 'nanovest'): Promise<Response> {
  return gateway.http
    .get(`/v1/common-kyc?phoneNumber=${phoneNumber}&purpose=manual-review`)
    .set('Authorization', backOffice(unit));
}

async function submission(id: string, unit = 'nanovest'): Promise<Record<string, unknown>> {
  const answer = await gateway.http.get(`/v1/submissions/${id}`).set('Authorization', backOffice(unit));
  expect(answer.status).toBe(200);
  return answer.body as Record<string, unknown>;
}

function settled(id: string): Promise<Record<string, unknown>> {
  return eventually(
    () => submission(id),
    ({ status }) => status !== 'approved',
  );
}

/** How often a store reached the partner so far. */
function stores(): number {
  return gateway.lab.commonKyc.requests('/v1/common-kyc').filter(({ method }) => method === 'POST').length;
}

/** What the log asks an operator to act on, of one submission if it is named. */
async function alarms(alarm: string, submissionId?: string): Promise<object[]> {
  const lines = (await gateway.log()).map(
    (line) => JSON.parse(line) as { alarm?: string; submissionId?: string },
  );
  return lines.filter(
    (line) => line.alarm === alarm && (submissionId === undefined || line.submissionId === submissionId),
  );
}

/** That a share failed: told once it is recorded, which the submission shows a moment earlier. */
function shareFailed(submissionId: string): Promise<object[]> {
  return eventually(
    () => alarms('common_kyc_share_failed', submissionId),
    ({ length }) => length > 0,
  );
}

async function sql(statement: string, parameters: readonly unknown[]): Promise<object[]> {
  const client = new Client(gateway.database.url);
  await client.connect();
  try {
    return (await client.query<object>(statement, [...parameters])).rows;
  } finally {
    await client.end();
  }
}

/** A job comes twice, as after a worker that died; resolves once it is done. */
async function comesAgain(submissionId: string): Promise<void> {
  await sql(
    `INSERT INTO pgboss.job (name, data, policy, singleton_key)
     SELECT name, data, policy, singleton_key FROM pgboss.job WHERE name = 'common-kyc-share' AND data->>'submissionId' = $1`,
    [submissionId],
  );
  await eventually(
    () => jobsOf(submissionId),
    (jobs) => jobs.length === 0,
  );
}

function jobsOf(submissionId: string): Promise<object[]> {
  return sql(`SELECT FROM pgboss.job WHERE data->>'submissionId' = $1 AND state < 'completed'`, [
    submissionId,
  ]);
}

/** Lets time pass for everything that waits for the partner. */
async function wait(hours: number): Promise<void> {
  await sql(
    'UPDATE common_kyc_share SET due_at = due_at - make_interval(secs => $1), give_up_at = give_up_at - make_interval(secs => $1)',
    [hours * 3_600],
  );
  await dueNow(sql, 'common-kyc-share');
}

/** The wait before a share's second try, in seconds, passes. */
async function triedAgain(submissionId: string): Promise<number> {
  const [planned] = await eventually(
    () =>
      sql(
        `SELECT extract(epoch FROM start_after - now())::float8 AS wait FROM pgboss.job
          WHERE name = 'common-kyc-share' AND data->>'submissionId' = $1 AND state = 'created' AND start_after > now()`,
        [submissionId],
      ) as Promise<{ wait: number }[]>,
    ({ length }) => length > 0,
  );
  await wait(0.001);
  return planned?.wait ?? Infinity;
}

describe('a business unit hands in approved data', () => {
  it('and finds it shared at the partner, exactly once', async () => {
    const kyc = somebody();
    const answer = await store(kyc);
    expect([answer.status, answer.body]).toEqual([
      202,
      { submissionId: expect.stringMatching(/^[0-9a-f-]{36}$/), status: 'approved' },
    ]);
    const id = answer.body.submissionId as string;
    expect(answer.headers['location']).toBe(`/v1/submissions/${id}`);
    expect(await settled(id)).toMatchObject({
      kind: 'common-kyc',
      status: 'shared',
      reasonCode: null,
      phoneNumber: kyc.phoneNumber,
    });
    const accepted = gateway.lab.commonKyc
      .accepted()
      .filter(({ phone_number }) => phone_number === kyc.phoneNumber);
    expect(accepted).toEqual([
      {
        client_id: 'nanovest',
        phone_number: kyc.phoneNumber,
        full_name: kyc.fullName,
        nik: kyc.nik,
        date_of_birth: kyc.dateOfBirth,
        email: kyc.email,
      },
    ]);
  });

  it('whose phone number comes in any common spelling', async () => {
    const kyc = somebody();
    const answer = await store({ ...kyc, phoneNumber: `0${kyc.phoneNumber.slice(2)}`, email: '' });
    expect(answer.status).toBe(202);
    expect(await settled(answer.body.submissionId as string)).toMatchObject({ status: 'shared' });
    expect((await lookUp(kyc.phoneNumber)).body).toMatchObject({ phoneNumber: kyc.phoneNumber, email: null });
  });

  it.each([
    ['a NIK of 15 digits', { nik: '317101010190000' }],
    ['a day that no calendar has', { dateOfBirth: '1990-02-30' }],
    ['a blank name', { fullName: '   ' }],
    ['a foreign phone number', { phoneNumber: '+14155550123' }],
    ['an e-mail address that is none', { email: 'budi' }],
    ['a field nobody knows', { gender: 'M' }],
    ['a field left out', { nik: undefined }],
  ])('and is refused for %s', async (_what, change) => {
    const answer = await store({ ...somebody(), ...change });
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('invalid_request');
    expect(answer.body.errors).toHaveLength(1);
  });

  it('sees its events, oldest first, each with its hash', async () => {
    const { body } = await store(somebody());
    await settled(body.submissionId as string);
    const events = await gateway.http
      .get(`/v1/submissions/${String(body.submissionId)}/events`)
      .set('Authorization', backOffice('nanovest'));
    expect(events.body.nextCursor).toBeNull();
    const data = events.body.data as { type: string; hash: string }[];
    expect(data.map(({ type }) => type)).toEqual(['kyc.opened', 'common_kyc.shared']);
    for (const event of data) expect(event.hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a look-up by phone number', () => {
  it('shows what any business unit shared', async () => {
    const kyc = somebody();
    const { body } = await store(kyc, 'siminvest');
    await eventually(
      () => submission(body.submissionId as string, 'siminvest'),
      ({ status }) => status === 'shared',
    );
    const answer = await lookUp(kyc.phoneNumber);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      id: expect.any(String),
      clientId: 'siminvest',
      ...kyc,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  it('says kyc_not_found for a number nobody shared', async () => {
    const answer = await lookUp('6285699999999');
    expect([answer.status, answer.body.code]).toEqual([404, 'kyc_not_found']);
  });

  it.each([
    ['empty data', { data: {} }, 404, 'kyc_not_found'],
    ['null data', { data: null }, 404, 'kyc_not_found'],
    ['no data', { meta: { status: 'sucess' } }, 404, 'kyc_not_found'],
    ['blank data', { data: { phone_number: '', full_name: ' ', nik: '' } }, 404, 'kyc_not_found'],
    [
      'another number’s record',
      { data: { phone_number: '6281200000000', full_name: 'X' } },
      502,
      'partner_error',
    ],
    ['a page of HTML', '<html>', 502, 'partner_error'],
    ['a list', [], 502, 'partner_error'],
  ])('that the partner answers with %s', async (_what, body, status, code) => {
    gateway.lab.commonKyc.faults.next({ status: 200, body });
    const answer = await lookUp('6285612345678');
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it.each([
    [400, 422, 'partner_refused'],
    [401, 502, 'partner_error'],
    [404, 404, 'kyc_not_found'],
    [408, 502, 'partner_error'],
    [425, 502, 'partner_error'],
    [429, 503, 'partner_unavailable'],
    [500, 502, 'partner_error'],
    [503, 502, 'partner_error'],
  ])('that the partner refuses with %d is %d', async (theirs, ours, code) => {
    gateway.lab.commonKyc.faults.next({ status: theirs, body: { meta: { status: 'failed' } } });
    const answer = await lookUp('6285612345678');
    expect([answer.status, answer.body.code]).toEqual([ours, code]);
    expect(answer.headers['retry-after']).toBe(ours === 503 ? '5' : undefined);
  });
});

describe('what the partner asks for with Retry-After', () => {
  it.each([
    ['999999999999', '3600'],
    [new Date(Date.now() + 86_400_000).toUTCString(), '3600'],
    ['7', '7'],
  ])('%s reaches the caller as %s seconds', async (theirs, ours) => {
    gateway.lab.commonKyc.faults.next({ status: 429, body: {}, headers: { 'retry-after': theirs } });
    const answer = await lookUp('6285612345678');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, ours]);
  });
});

describe('what stands between us and the partner', () => {
  it.each([
    [400, '<html><h1>Bad Request</h1></html>'],
    [404, '<html><h1>Not Found</h1></html>'],
    [409, '<html>'],
    [410, '<html>'],
    [404, NO_ROUTE],
    [400, UNKNOWN_PATH],
    [404, UNKNOWN_PATH],
    [404, undefined],
  ])('answers %d with %j: that is not the partner’s word', async (status, body) => {
    gateway.lab.commonKyc.faults.next({ status, body });
    const answer = await lookUp('6285612345678');
    expect([answer.status, answer.body.code]).toEqual([502, 'partner_error']);
  });
});

describe('a person who logs in', () => {
  function prefill(token: string): Promise<Response> {
    return gateway.http.get('/v1/me/common-kyc').set('Authorization', `Bearer ${token}`);
  }

  it('gets the form filled in from their own number’s record', async () => {
    const kyc = somebody();
    await settled((await store(kyc)).body.submissionId as string);
    const token = gateway.lab.simasId.mintToken({ unit: 'siminvest', phoneNumber: kyc.phoneNumber });
    const answer = await prefill(token);
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toMatchObject({ clientId: 'nanovest', ...kyc });
  });

  it('cannot ask for another number', async () => {
    const token = gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956' });
    const answer = await gateway.http
      .get('/v1/me/common-kyc?phoneNumber=6285610000000')
      .set('Authorization', `Bearer ${token}`);
    expect(answer.status).toBe(400);
  });

  it('without a phone number in the token is told so', async () => {
    const answer = await prefill(gateway.lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: 'budi' }));
    expect([answer.status, answer.body.code]).toEqual([422, 'phone_missing']);
  });
});

describe('the store at the partner', () => {
  it.each([
    ['a page of HTML', { status: 200, body: '<html>' }],
    ['a 404 in HTML', { status: 404, body: '<html>' }],
    ['a 400 in HTML', { status: 400, body: '<html>' }],
    ['a 404 of a gateway in front', { status: 404, body: NO_ROUTE }],
    ['a 400 of a server that does not know the path', { status: 400, body: UNKNOWN_PATH }],
    ['an empty 404', { status: 404 }],
    ['408', { status: 408, body: {} }],
    ['425', { status: 425, body: {} }],
    ['500', { status: 500, body: {} }],
    ['401', { status: 401, body: {} }],
    ['a reset connection', { reset: true }],
  ])('is tried again within five seconds after %s, and the log says so', async (_what, fault) => {
    gateway.lab.commonKyc.faults.next({ method: 'POST', ...fault });
    const submissionId = (await store(somebody())).body.submissionId as string;
    expect(await triedAgain(submissionId)).toBeLessThan(5);
    expect(await settled(submissionId)).toMatchObject({ status: 'shared' });
    const told = (await gateway.log()).filter((line) => line.includes('has not taken approved data'));
    const own = told.filter((line) => line.includes(submissionId));
    expect(own.map((line) => (JSON.parse(line) as { httpStatus?: number }).httpStatus)).toEqual([
      'status' in fault ? fault.status : undefined,
    ]);
  });

  it.each([
    ['no meta', {}],
    ['success spelled right', { meta: { status: 'success' } }],
    ['failure in words', { meta: { id: 'x', status: 'failed', message: 'failed' } }],
  ])('counts as done at 200, whatever the words: %s', async (_what, body) => {
    gateway.lab.commonKyc.faults.next({ method: 'POST', status: 200, body });
    const answer = await store(somebody());
    expect(await settled(answer.body.submissionId as string)).toMatchObject({ status: 'shared' });
  });

  it('that is refused ends at once, and the back office can start it anew', async () => {
    gateway.lab.commonKyc.faults.next({ method: 'POST', status: 400, body: { meta: { message: 'no' } } });
    const { body } = await store(somebody());
    const id = body.submissionId as string;
    expect(await settled(id)).toMatchObject({ status: 'share_failed', reasonCode: 'partner_refused' });
    const again = await gateway.http
      .post(`/v1/submissions/${id}/share`)
      .set('Authorization', backOffice('nanovest'));
    expect(again.status).toBe(202);
    await eventually(
      () => submission(id),
      ({ status }) => status === 'shared',
    );
    const twice = await gateway.http
      .post(`/v1/submissions/${id}/share`)
      .set('Authorization', backOffice('nanovest'));
    expect([twice.status, twice.body.code]).toEqual([409, 'invalid_state']);
  });

  it('that is refused is an alarm, and is sent once', async () => {
    gateway.lab.commonKyc.faults.next({ method: 'POST', status: 400, body: {} });
    const before = stores();
    const id = (await store(somebody())).body.submissionId as string;
    expect(await settled(id)).toMatchObject({ status: 'share_failed', reasonCode: 'partner_refused' });
    expect(await shareFailed(id)).toEqual([
      expect.objectContaining({ reason: 'partner_refused', businessUnit: 'nanovest' }),
    ]);
    await comesAgain(id);
    expect(stores() - before).toBe(1);
  });

  it.each([401, 403])(
    'whose credentials are answered with %d is an alarm, and is tried again',
    async (status) => {
      const before = [(await alarms('common_kyc_credentials_refused')).length, stores()] as const;
      gateway.lab.commonKyc.faults.next({ method: 'POST', status, body: {} });
      const { body } = await store(somebody());
      await triedAgain(body.submissionId as string);
      expect(await settled(body.submissionId as string)).toMatchObject({ status: 'shared' });
      expect((await alarms('common_kyc_credentials_refused')).slice(before[0])).toEqual([
        expect.objectContaining({ status, businessUnit: 'nanovest', operation: 'store' }),
      ]);
      expect(stores() - before[1]).toBe(2);
    },
  );

  it.each([401, 403])(
    'whose way is barred by a page of HTML with %d is no alarm about credentials',
    async (status) => {
      const before = (await alarms('common_kyc_credentials_refused')).length;
      gateway.lab.commonKyc.faults.next({ method: 'POST', status, body: '<html><h1>Blocked</h1></html>' });
      const { body } = await store(somebody());
      await triedAgain(body.submissionId as string);
      expect(await settled(body.submissionId as string)).toMatchObject({ status: 'shared' });
      expect((await alarms('common_kyc_credentials_refused')).length).toBe(before);
    },
  );

  it('is tried for 72 hours and not longer; then it is an alarm, and the back office can start it anew', async () => {
    gateway.lab.commonKyc.faults.next({ method: 'POST', status: 503, body: {}, times: 1_000 });
    const none = stores();
    const id = (await store(somebody())).body.submissionId as string;
    await eventually(
      () => Promise.resolve(stores()),
      (times) => times > none,
    );
    const before = stores();
    await wait(71.99);
    await eventually(
      () => Promise.resolve(stores()),
      (times) => times > before,
    );
    expect(await submission(id)).toMatchObject({ status: 'approved' });
    expect(await alarms('common_kyc_share_failed', id)).toEqual([]);

    await wait(0.02);
    await eventually(
      () => submission(id),
      ({ status }) => status !== 'approved',
    );
    expect(await submission(id)).toMatchObject({ status: 'share_failed', reasonCode: 'retries_exhausted' });
    expect(await shareFailed(id)).toEqual([
      expect.objectContaining({ reason: 'retries_exhausted', businessUnit: 'nanovest' }),
    ]);

    gateway.lab.commonKyc.faults.clear();
    const again = await gateway.http
      .post(`/v1/submissions/${id}/share`)
      .set('Authorization', backOffice('nanovest'));
    expect(again.status).toBe(202);
    const shared = await eventually(
      () => submission(id),
      ({ status }) => status === 'shared',
    );
    expect(shared).toMatchObject({ status: 'shared', reasonCode: null });
  }, 60_000);

  it('of equal data from two submissions happens once, and both are shared', async () => {
    const kyc = somebody();
    const both = await Promise.all([store(kyc), store(kyc)]);
    for (const { body } of both)
      expect(await settled(body.submissionId as string)).toMatchObject({ status: 'shared' });
    expect(
      gateway.lab.commonKyc.accepted().filter(({ phone_number }) => phone_number === kyc.phoneNumber),
    ).toHaveLength(1);
  });

  it('of older data never follows newer data of the same number', async () => {
    const older = somebody({ fullName: 'OLD NAME' });
    gateway.lab.commonKyc.faults.next({
      method: 'POST',
      status: 503,
      headers: { 'retry-after': '2' },
      body: {},
    });
    const first = (await store(older)).body.submissionId as string;
    await eventually(
      () => Promise.resolve(gateway.lab.commonKyc.faults.pending),
      (pending) => pending === 0,
    );
    const second = (await store({ ...older, fullName: 'NEW NAME' })).body.submissionId as string;
    expect(await settled(second)).toMatchObject({ status: 'shared' });
    expect(await settled(first)).toMatchObject({ status: 'share_failed', reasonCode: 'superseded' });
    const names = gateway.lab.commonKyc
      .accepted()
      .filter(({ phone_number }) => phone_number === older.phoneNumber)
      .map(({ full_name }) => full_name);
    expect(names).toEqual(['NEW NAME']);
  });

  it('leaves no personal data in the log or the jobs', async () => {
    const kyc = somebody({ fullName: 'CANARY PERSON', nik: '3171010101901234', email: 'canary@example.com' });
    await settled((await store(kyc)).body.submissionId as string);
    await lookUp(kyc.phoneNumber);
    const log = (await gateway.log()).join('');
    for (const value of [kyc.phoneNumber, kyc.fullName, kyc.nik, kyc.email]) expect(log).not.toContain(value);
  });
});
