import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { eventually } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import type { SeenDelivery } from '../support/otp-desk';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';
import { Officer, PATIENT } from './satusehat-officer';

const UNIT = 'nanovest';
const OFFICE = backOffice(UNIT);
const KYC = { fullName: 'RATNA KUSUMA', nik: '3174095203880007', dateOfBirth: '1988-03-12' };
const NOBODY = '00000000-0000-4000-8000-000000000000';

let gateway: TestGateway;
let sql: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

let numbers = 10_000_000;
/** A number that nobody has had before. */
function newNumber(): string {
  numbers += 1;
  return `62857${numbers}`;
}

function office(method: 'get' | 'post' | 'delete', path: string, body?: object): Promise<Response> {
  const asked = gateway.http[method](path).set('Authorization', OFFICE);
  return Promise.resolve(body === undefined ? asked : asked.send(body));
}

interface Found {
  readonly id: string;
  readonly status: string;
  readonly createdAt: string;
  readonly submissions: number;
}

async function search(by: object): Promise<Found[]> {
  const { status, body } = await office('post', '/v1/people/search', by);
  expect(status).toBe(200);
  return (body as { data: Found[] }).data;
}

async function idOf(by: object): Promise<string> {
  const [found] = await search(by);
  if (found === undefined) throw new Error('nobody was found');
  return found.id;
}

/** Data that the unit approved by itself; its submission. */
async function handIn(phoneNumber: string, email = ''): Promise<string> {
  const answer = await office('post', '/v1/common-kyc', { ...KYC, phoneNumber, email });
  expect(answer.status).toBe(202);
  return (answer.body as { submissionId: string }).submissionId;
}

async function isShared(submissionId: string): Promise<void> {
  const answer = await eventually(
    () => office('get', `/v1/submissions/${submissionId}`),
    ({ body }) => (body as { status: string }).status === 'shared',
  );
  expect(answer.body).toMatchObject({ status: 'shared' });
}

/** A journey at GTF of somebody who logs in with these claims. */
async function journey(phoneNumber: string, token: object = {}, body: object = {}): Promise<string> {
  const accessToken = gateway.lab.simasId.mintToken({ unit: UNIT, phoneNumber, ...token });
  const answer = await gateway.http
    .post('/v1/gtf/submissions')
    .set('Authorization', `Bearer ${accessToken}`)
    .send({ submissionType: 'KTP_SCAN', ...body });
  expect(answer.status).toBe(201);
  return (answer.body as { submissionId: string }).submissionId;
}

async function events(personId: string): Promise<{ type: string; data: object }[]> {
  const text = 'SELECT type, data FROM kyc_event WHERE person_id = $1 ORDER BY seq';
  return (await sql.query<{ type: string; data: object }>(text, [personId])).rows;
}

describe('a person whom the back office looks for', () => {
  it('is found by phone number, NIK, e-mail address and token subject', async () => {
    const [phoneNumber, subject, email] = [newNumber(), randomUUID(), 'Ratna.Kusuma@example.com'];
    const nik = '3174095203880008';
    await office('post', '/v1/common-kyc', { ...KYC, nik, phoneNumber, email });
    const known = await search({ phoneNumber });
    expect(known).toEqual([
      { id: expect.any(String), status: 'active', createdAt: expect.any(String), submissions: 1 },
    ]);
    expect(await search({ nik })).toEqual(known);
    expect(await search({ email: email.toLowerCase() })).toEqual(known);
    await journey(newNumber(), { sub: subject });
    expect(await search({ subject })).toMatchObject([{ status: 'active', submissions: 1 }]);
  });

  it('by the NIK that GTF read off the card, too', async () => {
    const person = new GtfPerson(gateway, UNIT, newNumber());
    const id = await person.submit();
    await person.becomes(id, 'verified');
    const identity = await office('get', `/v1/submissions/${id}/identity?purpose=test`);
    const { nik } = identity.body as { nik: string };
    const mine = await idOf({ phoneNumber: person.phoneNumber });
    expect((await search({ nik })).map((found) => found.id)).toContain(mine);
  });

  it('and is known to nobody is an empty list', async () => {
    for (const by of [
      { phoneNumber: newNumber() },
      { nik: '3171014101900009' },
      { email: 'nobody@example.com' },
      { subject: randomUUID() },
    ])
      expect(await search(by)).toEqual([]);
  });

  it('is unknown to another business unit', async () => {
    const phoneNumber = newNumber();
    await journey(phoneNumber);
    const answer = await gateway.http
      .post('/v1/people/search')
      .set('Authorization', backOffice('siminvest'))
      .send({ phoneNumber });
    expect([answer.status, answer.body]).toEqual([200, { data: [] }]);
    const id = await idOf({ phoneNumber });
    for (const method of ['get', 'delete'] as const) {
      const path = `/v1/people/${id}${method === 'get' ? '?purpose=test' : ''}`;
      const other = await gateway.http[method](path).set('Authorization', backOffice('siminvest'));
      expect(other.status).toBe(404);
    }
  });

  it.each([
    ['nothing', {}],
    ['two things', { nik: KYC.nik, subject: 'x' }],
    ['null', { phoneNumber: null }],
    ['null beside something', { nik: KYC.nik, subject: null }],
    ['no phone number', { phoneNumber: '021' }],
    ['an unknown thing', { name: 'Budi' }],
  ])('cannot be looked for by %s', async (_, by) => {
    const { status, body } = await office('post', '/v1/people/search', by);
    expect([status, body]).toMatchObject([400, { code: 'invalid_request', errors: expect.any(Array) }]);
  });
});

describe('a person whom only their token names', () => {
  const deliveries = async (identifier: string): Promise<SeenDelivery[]> => {
    const { body } = await office('get', `/v1/otp-deliveries?identifier=${encodeURIComponent(identifier)}`);
    return (body as { data: SeenDelivery[] }).data;
  };

  it('is erased by their id, and with them what became of codes to their address', async () => {
    const [email, subject] = [`budi.${randomUUID()}@example.com`, randomUUID()];
    await journey(email, { sub: subject });
    const sent = await gateway.http
      .post('/v1/webhooks/otp')
      .set('Authorization', otpSender(UNIT))
      .send({ identifier: email, otp: 'mail77', channel: 'email' });
    expect(sent.status).toBe(200);
    const { id: delivery } = sent.body as { id: string };
    await eventually(
      () => deliveries(email),
      ([one]) => one?.status === 'accepted',
    );
    const id = await idOf({ subject });
    expect(await idOf({ email })).toBe(id);
    expect((await office('delete', `/v1/people/${id}`)).body).toEqual({ status: 'erased', until: null });
    expect(await deliveries(email)).toEqual([]);
    const forgotten = await office('get', `/v1/otp-deliveries/${delivery}`);
    expect([forgotten.status, forgotten.body]).toMatchObject([
      200,
      { id: delivery, identifier: null, attempts: [] },
    ]);
    for (const by of [{ subject }, { email }]) expect(await search(by)).toEqual([]);
    expect((await office('delete', `/v1/people/${id}`)).status).toBe(404);
  });

  it('is not named by an address that SIMAS-ID did not verify', async () => {
    const email = `victim.${randomUUID()}@example.com`;
    await journey(newNumber(), { sub: randomUUID(), overrides: { email, email_verified: false } });
    expect(await search({ email })).toEqual([]);
  });
});

describe('a phone number that led to two people', () => {
  it('is answered with both, and each is forgotten by their id', async () => {
    const [phoneNumber, former, present] = [newNumber(), randomUUID(), randomUUID()];
    for (const sub of [former, present]) await journey(phoneNumber, { sub });
    const people = [await idOf({ subject: former }), await idOf({ subject: present })];
    for (const [method, path] of [
      ['delete', `/v1/people/${phoneNumber}`],
      ['get', `/v1/people/${phoneNumber}?purpose=test`],
    ] as const) {
      const ambiguous = await office(method, path);
      expect([ambiguous.status, ambiguous.body]).toMatchObject([
        409,
        { code: 'ambiguous_person', personIds: [...people].sort() },
      ]);
    }
    const [first = '', second = ''] = people;
    expect((await office('delete', `/v1/people/${first}`)).body).toMatchObject({ status: 'erased' });
    expect((await search({ phoneNumber })).map(({ id }) => id)).toEqual([second]);
    expect((await office('delete', `/v1/people/0${phoneNumber.slice(2)}`)).body).toMatchObject({
      status: 'erased',
    });
    expect((await events(second)).map(({ type }) => type)).toContain('person.erased');
  });

  it('keeps the codes of the other one', async () => {
    const phoneNumber = newNumber();
    const people = [randomUUID(), randomUUID()];
    for (const sub of people) await journey(phoneNumber, { sub });
    await gateway.http
      .post('/v1/webhooks/otp')
      .set('Authorization', otpSender(UNIT))
      .send({ identifier: phoneNumber, otp: 'share1', channel: 'sms' })
      .expect(200);
    const sent = async (): Promise<unknown[]> =>
      ((await office('get', `/v1/otp-deliveries?identifier=${phoneNumber}`)).body as { data: unknown[] })
        .data;
    await office('delete', `/v1/people/${await idOf({ subject: people[0] })}`);
    expect(await sent()).toHaveLength(1);
    await office('delete', `/v1/people/${await idOf({ subject: people[1] })}`);
    expect(await sent()).toEqual([]);
  });
});

describe('a customer who asked to be forgotten', () => {
  it('is still found, as restricted, and their token leads to somebody new', async () => {
    const [phoneNumber, subject] = [newNumber(), randomUUID()];
    const submission = await handIn(phoneNumber);
    await isShared(submission);
    const id = await idOf({ phoneNumber });
    expect((await office('delete', `/v1/people/${id}`)).body).toMatchObject({ status: 'restricted' });
    expect(await search({ phoneNumber })).toMatchObject([{ id, status: 'restricted', submissions: 1 }]);
    await journey(phoneNumber, { sub: subject });
    const found = await search({ phoneNumber });
    expect(found.map(({ status }) => status).sort()).toEqual(['active', 'restricted']);
    expect(await search({ subject })).toMatchObject([{ status: 'active', submissions: 1 }]);
  });
});

describe('the copy that a person can be given', () => {
  it('holds everything about them in clear, and who asked for it and why is recorded', async () => {
    const person = new GtfPerson(gateway, UNIT, newNumber());
    const submission = await person.submit();
    await person.becomes(submission, 'verified');
    await gateway.http
      .post('/v1/webhooks/otp')
      .set('Authorization', otpSender(UNIT))
      .send({ identifier: person.phoneNumber, otp: 'copy12', channel: 'sms' })
      .expect(200);
    const { phoneNumber } = person;
    const identity = (await office('get', `/v1/submissions/${submission}/identity?purpose=look`))
      .body as object;
    const answer = await office('get', `/v1/people/${phoneNumber}?purpose=access%20request`);
    expect(answer.headers['cache-control']).toBe('no-store');
    const id = await idOf({ phoneNumber });
    expect(answer.body).toMatchObject({
      id,
      status: 'active',
      until: null,
      identifiers: expect.arrayContaining([
        { kind: 'phone', value: phoneNumber },
        { kind: 'subject', value: expect.any(String) },
        { kind: 'nik', value: (identity as { nik: string }).nik },
      ]),
      submissions: [{ id: submission, kind: 'gtf-coe', status: 'verified' }],
      events: expect.arrayContaining([expect.objectContaining({ type: 'identity.read' })]),
      records: {
        vault: expect.arrayContaining([
          { name: 'identity', createdAt: expect.any(String), value: identity },
          { name: 'phone', createdAt: expect.any(String), value: phoneNumber },
          { name: 'purpose', createdAt: expect.any(String), value: 'look' },
        ]),
        gtf: [expect.objectContaining({ submissionId: submission, family: 'coe' })],
        otp: [expect.objectContaining({ channel: 'sms' })],
      },
    });
    const read = (await events(id)).filter(({ type }) => type === 'person.read');
    expect(read).toEqual([{ type: 'person.read', data: { by: 'nanovest-office' } }]);
    const shown = await office('get', `/v1/submissions/${submission}/events`);
    const { data } = shown.body as { data: { type: string; data: object }[] };
    expect(data).toContainEqual(
      expect.objectContaining({
        type: 'person.read',
        data: { by: 'nanovest-office', purpose: 'access request' },
      }),
    );
    const own = await person.get(`/v1/submissions/${submission}/events`);
    expect(own.text).not.toContain('access request');
  });

  it('needs a purpose, and a person', async () => {
    const phoneNumber = newNumber();
    await journey(phoneNumber);
    expect((await office('get', `/v1/people/${phoneNumber}`)).status).toBe(400);
    expect((await office('get', `/v1/people/${NOBODY}?purpose=test`)).status).toBe(404);
    expect((await office('get', '/v1/people/x?purpose=test')).status).toBe(400);
  });

  it('of a customer who asked to be forgotten is a legal obligation and nothing else', async () => {
    const phoneNumber = newNumber();
    await isShared(await handIn(phoneNumber));
    await office('delete', `/v1/people/${phoneNumber}`);
    const refused = await office('get', `/v1/people/${phoneNumber}?purpose=test`);
    expect([refused.status, refused.body]).toMatchObject([409, { code: 'person_restricted' }]);
    const copy = await office('get', `/v1/people/${phoneNumber}?purpose=legal-obligation`);
    expect([copy.status, copy.body]).toMatchObject([
      200,
      { status: 'restricted', until: expect.any(String) },
    ]);
  });
});

describe('a shared record that the back office reads', () => {
  const read = (phoneNumber: string, purpose?: string): Promise<Response> =>
    office(
      'get',
      `/v1/common-kyc?phoneNumber=${phoneNumber}${purpose === undefined ? '' : `&purpose=${purpose}`}`,
    );

  it('is asked for with a purpose, and the reading is an event of the person', async () => {
    const phoneNumber = newNumber();
    const submission = await handIn(phoneNumber);
    await isShared(submission);
    expect((await read(phoneNumber)).status).toBe(400);
    const answer = await read(phoneNumber, 'manual-review');
    expect([answer.status, answer.body]).toMatchObject([200, { nik: KYC.nik }]);
    const shown = await office('get', `/v1/submissions/${submission}/events`);
    const { data } = shown.body as { data: { type: string; data: object }[] };
    expect(data.filter(({ type }) => type === 'common_kyc.read')).toMatchObject([
      { data: { by: 'nanovest-office', purpose: 'manual-review' } },
    ]);
  });

  it('makes a stranger somebody who can be found and forgotten, and who is the person that logs in later', async () => {
    const [phoneNumber, subject] = [newNumber(), randomUUID()];
    const other = await gateway.http
      .post('/v1/common-kyc')
      .set('Authorization', backOffice('siminvest'))
      .send({ ...KYC, phoneNumber, email: '' });
    await eventually(
      () => Promise.resolve(gateway.lab.commonKyc.accepted()),
      (all) => all.some((record) => record.phone_number === phoneNumber),
    );
    expect(other.status).toBe(202);
    expect(await search({ phoneNumber })).toEqual([]);
    expect((await read(phoneNumber, 'onboarding')).status).toBe(200);
    const id = await idOf({ phoneNumber });
    expect(await events(id)).toEqual([{ type: 'common_kyc.read', data: { by: 'nanovest-office' } }]);
    await journey(phoneNumber, { sub: subject });
    expect(await idOf({ subject })).toBe(id);
    expect((await office('delete', `/v1/people/${phoneNumber}`)).body).toMatchObject({ status: 'erased' });
  });

  it('and does not exist is no reading', async () => {
    const phoneNumber = newNumber();
    expect((await read(phoneNumber, 'test')).status).toBe(404);
    expect(await search({ phoneNumber })).toEqual([]);
  });

  it('of a person who asked to be forgotten is not even asked for, but for a legal obligation', async () => {
    const phoneNumber = newNumber();
    await isShared(await handIn(phoneNumber));
    await office('delete', `/v1/people/${phoneNumber}`);
    const asked = (): number =>
      gateway.lab.commonKyc.requests('/v1/common-kyc').filter(({ method }) => method === 'GET').length;
    const before = asked();
    expect((await read(phoneNumber, 'test')).body).toMatchObject({ code: 'person_restricted' });
    expect(asked()).toBe(before);
    expect((await read(phoneNumber, 'legal-obligation')).status).toBe(200);
  });
});

describe('a challenge code that a repeat may ask for again', () => {
  it('is kept no longer than the code is valid', async () => {
    const officer = gateway.lab.simasId.mintToken({ unit: UNIT, phoneNumber: newNumber(), officer: true });
    const key = randomUUID();
    const issue = (): Promise<Response> =>
      Promise.resolve(
        gateway.http
          .post('/v1/satusehat/challenge-codes')
          .set({ Authorization: `Bearer ${officer}`, 'Idempotency-Key': key })
          .send(PATIENT),
      );
    const first = await issue();
    const { expiresAt } = first.body as { expiresAt: string };
    expect((await issue()).headers['idempotency-hit']).toBe('true');
    const { rows } = await sql.query<{ expires_at: Date }>(
      'SELECT expires_at FROM idempotency_key WHERE answer IS NOT NULL AND about = $1',
      [(first.body as { submissionId: string }).submissionId],
    );
    expect(rows.map((row) => row.expires_at.getTime())).toEqual([Date.parse(expiresAt)]);
    await sql.query('UPDATE idempotency_key SET expires_at = now() WHERE expires_at = $1', [expiresAt]);
    const renewed = await issue();
    expect([renewed.status, renewed.headers['idempotency-hit']]).toEqual([201, undefined]);
  });

  it('is refused once the page it belongs to was decided, however long the Ministry took', async () => {
    const officer = new Officer(gateway, { phoneNumber: newNumber() });
    const { submissionId } = (await officer.openPage()).body;
    gateway.lab.satusehat.faults.next({ path: '/kyc/v1/challenge-code', delayMs: 1_000 });
    const issuing = officer.issueCode({ ...PATIENT, submissionId });
    await eventually(
      () => Promise.resolve(gateway.lab.satusehat.faults.pending),
      (pending) => pending === 0,
    );
    const decided = await office('post', `/v1/submissions/${submissionId}/reject`, {
      reason: 'not the patient',
    });
    expect(decided.status).toBe(200);
    expect((await issuing).status).toBe(409);
    const { rows } = await sql.query<{ type: string }>(
      'SELECT type FROM kyc_event WHERE submission_id = $1 ORDER BY seq',
      [submissionId],
    );
    expect(rows.map(({ type }) => type)).toEqual(['kyc.opened', 'kyc.rejected']);
  });
});
