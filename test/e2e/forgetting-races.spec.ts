import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { IS_LONG } from '../fuzz/support/runs';
import { GtfPerson } from '../support/gtf-person';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { PATIENT } from './satusehat-officer';

/** What comes beside a wish to be forgotten happens before it, or not at all: the chain tells in which order. */
const UNIT = 'nanovest';
const OFFICE = backOffice(UNIT);
/** With every change, and by `npm run test:fuzz -- --long`. */
const ROUNDS = IS_LONG ? 24 : 6;
const READERS = 8;

let gateway: TestGateway;
let sql: Client;

beforeAll(async () => {
  gateway = await startTestGateway({ environment: { COMMON_KYC_LOOKUPS_PER_HOUR: '0' } });
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterEach(async () => {
  gateway.lab.gtf.callbacks.drop = false;
  gateway.lab.gtf.faults.clear();
  expect(await afterwards()).toEqual([]);
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

/** Events that came after their person was erased, or restricted, though they must not. What a partner took before may still be told. */
async function afterwards(): Promise<object[]> {
  const { rows } = await sql.query<object>(
    `SELECT e.type, e.data, f.type AS "after" FROM kyc_event f
       JOIN kyc_event e ON e.business_unit = f.business_unit AND e.seq > f.seq
        AND (e.person_id = f.person_id OR e.data->>'owner' = f.person_id::text)
      WHERE f.type IN ('person.erased', 'person.restricted')
        AND e.type NOT IN ('common_kyc.shared', 'common_kyc.share_failed', 'person.erased', 'person.restricted')`,
  );
  return rows;
}

let numbers = 20_000_000;
function newPerson(): GtfPerson {
  numbers += 1;
  return new GtfPerson(gateway, UNIT, `62858${numbers}`);
}

function office(method: 'get' | 'post' | 'delete', path: string, body?: object): Promise<Response> {
  const asked = gateway.http[method](path).set('Authorization', OFFICE);
  return Promise.resolve(body === undefined ? asked : asked.send(body));
}

/**
 * The answers' statuses in the order in which they came, the wish's own among them.
 * @param others asked at once with the wish; `again`: asked over and over until it is answered
 */
async function beside(
  person: GtfPerson,
  others: (() => Promise<Response>)[],
  again = false,
): Promise<(number | 'forgotten')[]> {
  const order: (number | 'forgotten')[] = [];
  const asking = others.map(async (other) => {
    do order.push((await other()).status);
    while (again && !order.includes('forgotten'));
  });
  if (again) await sleep(10);
  const { status, body } = await office('delete', `/v1/people/${person.phoneNumber}`);
  expect([status, body]).toMatchObject([200, { status: expect.stringMatching(/erased|restricted/) }]);
  order.push('forgotten');
  await Promise.all(asking);
  return order;
}

async function inRounds(round: (count: number) => Promise<void>): Promise<void> {
  for (let count = 0; count < ROUNDS; count += 1) await round(count);
}

/** A little, and in each round otherwise: answers come before, at and after the moment. */
function gtfIsSlow(round: number): void {
  const { faults } = gateway.lab.gtf;
  faults.clear();
  faults.next({ delayMs: (round * 60) / ROUNDS, times: 20 });
}

async function verifiedJourney(person: GtfPerson): Promise<string> {
  const id = await person.submit();
  await person.becomes(id, 'verified');
  return id;
}

it.each([
  ['who is erased', false],
  ['who is a customer', true],
])('a person %s is read by nobody afterwards', async (_, isCustomer) => {
  await inRounds(async () => {
    const person = newPerson();
    const id = await verifiedJourney(person);
    if (isCustomer) expect((await office('post', `/v1/submissions/${id}/approve`, {})).status).toBe(200);
    const reads = Array.from(
      { length: READERS },
      (_unused, index) => () =>
        index % 2 === 0
          ? office('get', `/v1/submissions/${id}/identity?purpose=audit`)
          : office('get', `/v1/people/${person.phoneNumber}?purpose=audit`),
    );
    const order = await beside(person, reads, true);
    expect(order.every((status) => status === 'forgotten' || [200, 404, 409].includes(status))).toBe(true);
    expect(order.slice(order.indexOf('forgotten')).filter((status) => status === 200)).toEqual([]);
    const shown = order.filter((status) => status === 200).length;
    const { rows } = await sql.query(
      `SELECT FROM kyc_event WHERE type IN ('identity.read', 'person.read')
          AND person_id = (SELECT person_id FROM kyc_submission WHERE id = $1)`,
      [id],
    );
    expect(rows).toHaveLength(shown);
  });
});

it('a person whose documents are handed in at the moment is at GTF before, or not any more', async () => {
  await inRounds(async (count) => {
    const person = newPerson();
    const id = await person.prepare(count % 2 === 0 ? { scenario: 'NEVER_FINISHES' } : {});
    gtfIsSlow(count);
    await beside(person, [() => person.confirm(id), () => person.refresh(id), () => person.confirm(id)]);
    expect(await person.status(id)).toBe('error');
    const left = await sql.query(
      'SELECT FROM gtf_session WHERE submission_id = $1 UNION ALL SELECT FROM gtf_document WHERE submission_id = $1',
      [id],
    );
    expect(left.rowCount).toBe(0);
  });
});

it('a person whose result comes at the moment has it before, or never', async () => {
  gateway.lab.gtf.callbacks.drop = true;
  await inRounds(async (count) => {
    const person = newPerson();
    const id = await person.submit();
    await sleep(100); // GTF has its result by then
    gtfIsSlow(count);
    const order = await beside(
      person,
      Array.from({ length: 4 }, () => () => person.refresh(id)),
    );
    expect(order.filter((status) => status !== 'forgotten' && status >= 500)).toEqual([]);
    expect(['verified', 'error']).toContain(await person.status(id));
  });
});

it('a person who is approved at the moment is a customer, or gone', async () => {
  await inRounds(async () => {
    const person = newPerson();
    const id = await verifiedJourney(person);
    const order = await beside(person, [
      () => office('post', `/v1/submissions/${id}/approve`, {}),
      () => office('post', `/v1/submissions/${id}/approve`, {}),
    ]);
    expect(order.filter((status) => status !== 'forgotten' && ![200, 409].includes(status))).toEqual([]);
    const { rows } = await sql.query<{ shares: number; erased: boolean }>(
      `SELECT p.erased_at IS NOT NULL AS erased, (SELECT count(*)::int FROM common_kyc_share c WHERE c.person_id = p.id) AS shares
         FROM person p WHERE p.id = (SELECT person_id FROM kyc_submission WHERE id = $1)`,
      [id],
    );
    expect(rows[0]?.erased === true ? rows[0].shares : 0).toBe(0);
  });
});

it('an officer who asks for a challenge code at the moment has it before, or never', async () => {
  await inRounds(async () => {
    const person = newPerson();
    const token = gateway.lab.simasId.mintToken({
      unit: UNIT,
      phoneNumber: person.phoneNumber,
      officer: true,
    });
    const post = (path: string, body: object): Promise<Response> =>
      Promise.resolve(gateway.http.post(path).set('Authorization', `Bearer ${token}`).send(body));
    const page = await post('/v1/satusehat/validation-urls', {
      agentName: 'Bambang',
      agentNik: '3313096403900009',
    });
    const { submissionId } = page.body as { submissionId: string };
    const order = await beside(
      person,
      Array.from(
        { length: 4 },
        () => () => post('/v1/satusehat/challenge-codes', { ...PATIENT, submissionId }),
      ),
    );
    expect(order.filter((status) => status !== 'forgotten' && ![201, 404].includes(status))).toEqual([]);
  });
});

it('a submission that is decided at the moment gets no challenge code afterwards', async () => {
  await inRounds(async () => {
    const token = gateway.lab.simasId.mintToken({
      unit: UNIT,
      phoneNumber: newPerson().phoneNumber,
      officer: true,
    });
    const post = (path: string, body: object): Promise<Response> =>
      Promise.resolve(gateway.http.post(path).set('Authorization', `Bearer ${token}`).send(body));
    const page = await post('/v1/satusehat/validation-urls', {
      agentName: 'Bambang',
      agentNik: '3313096403900009',
    });
    const { submissionId } = page.body as { submissionId: string };
    const code = (): Promise<Response> => post('/v1/satusehat/challenge-codes', { ...PATIENT, submissionId });
    await Promise.all([
      code(),
      code(),
      office('post', `/v1/submissions/${submissionId}/reject`, { reason: 'not the patient' }),
      code(),
    ]);
    const { rows } = await sql.query<{ type: string }>(
      'SELECT type FROM kyc_event WHERE submission_id = $1 ORDER BY seq',
      [submissionId],
    );
    expect(rows.at(-1)).toEqual({ type: 'kyc.rejected' });
  });
});

it('a person whose shared record is read at the moment was read before, or is somebody new', async () => {
  await inRounds(async () => {
    const person = newPerson();
    await person.create();
    gateway.lab.commonKyc.faults.next({ method: 'GET', delayMs: 5 });
    const read = (): Promise<Response> =>
      office('get', `/v1/common-kyc?phoneNumber=${person.phoneNumber}&purpose=audit`);
    const kyc = { fullName: 'BUDI', nik: '3171010101900001', dateOfBirth: '1990-01-01', email: '' };
    const order = await beside(person, [
      () => office('post', '/v1/common-kyc', { ...kyc, phoneNumber: person.phoneNumber }),
      read,
      read,
    ]);
    expect(
      order.filter((status) => status !== 'forgotten' && ![200, 202, 404, 409].includes(status)),
    ).toEqual([]);
  });
});
