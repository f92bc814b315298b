import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { eventually } from '../support/eventually';
import type { SeenDelivery } from '../support/otp-desk';
import {
  type Customer,
  customer,
  KTP,
  officerTokenOf,
  openedBy,
  tokenOf,
  verified,
} from '../support/submission-story';
import { backOffice, otpSender, startTestGateway, type TestGateway } from '../support/test-gateway';
import { PATIENT } from './satusehat-officer';

const OFFICE = backOffice('nanovest');

let gateway: TestGateway;
let sql: Client;
/** Holds rows, so that two requests meet in the order in which they came to wait. */
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  [sql, other] = [new Client(gateway.database.url), new Client(gateway.database.url)];
  await sql.connect();
  await other.connect();
});
afterAll(async () => {
  await other?.end();
  await sql?.end();
  await gateway?.close();
});

/** Runs `meanwhile` while the rows are held. */
async function holding(rows: string, values: unknown[], meanwhile: () => Promise<void>): Promise<void> {
  await other.query('BEGIN');
  try {
    expect((await other.query(`SELECT FROM ${rows} FOR UPDATE`, values)).rowCount).toBe(1);
    await meanwhile();
  } finally {
    await other.query('ROLLBACK');
  }
}

function holdingPerson(submissionId: string, meanwhile: () => Promise<void>): Promise<void> {
  const rows = 'person WHERE id = (SELECT person_id FROM kyc_submission WHERE id = $1)';
  return holding(rows, [submissionId], meanwhile);
}

/** Until so many wait for a row that somebody holds. */
async function waiters(count: number): Promise<void> {
  const seen = await eventually(
    async () =>
      (
        await sql.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
      ).rowCount,
    (waiting) => waiting === count,
  );
  expect(seen).toBe(count);
}

function forget({ phoneNumber }: Customer): Promise<Response> {
  return gateway.http.delete(`/v1/people/${phoneNumber}`).set('Authorization', OFFICE).then();
}

function approve(id: string): Promise<Response> {
  const correction = { email: 'budi@example.com' };
  return gateway.http
    .post(`/v1/submissions/${id}/approve`)
    .set('Authorization', OFFICE)
    .send(correction)
    .then();
}

async function personOf(id: string): Promise<string | undefined> {
  const sqlText = 'SELECT person_id FROM kyc_submission WHERE id = $1';
  return (await sql.query<{ person_id: string }>(sqlText, [id])).rows[0]?.person_id;
}

describe('a person who is forgotten at the moment', () => {
  it('of their approval is either gone, and not approved', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    const answers: Promise<Response>[] = [];
    await holdingPerson(id, async () => {
      answers.push(forget(who));
      await waiters(1);
      answers.push(approve(id));
      await waiters(2);
    });
    const [forgotten, decided] = await Promise.all(answers);
    expect(forgotten?.body).toMatchObject({ status: 'erased' });
    expect([decided?.status, decided?.body]).toMatchObject([409, { code: 'invalid_state' }]);
  });

  it('or a customer, whose records are kept', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    const answers: Promise<Response>[] = [];
    await holdingPerson(id, async () => {
      answers.push(approve(id));
      await waiters(1);
      answers.push(forget(who));
      await waiters(2);
    });
    const [decided, forgotten] = await Promise.all(answers);
    expect(decided?.status).toBe(200);
    expect(forgotten?.body).toMatchObject({ status: 'restricted' });
  });

  it('between two approvals is a customer, whom no approval comes too late for', async () => {
    const who = customer();
    const [one, two] = [await verified(gateway, who), await verified(gateway, who)];
    const answers: Promise<Response>[] = [];
    await holdingPerson(one.id, async () => {
      answers.push(approve(one.id));
      await waiters(1);
      answers.push(forget(who));
      await waiters(2);
      answers.push(approve(two.id));
      await waiters(3);
    });
    const [first, forgotten, second] = await Promise.all(answers);
    expect([first?.status, forgotten?.body]).toMatchObject([200, { status: 'restricted' }]);
    expect([200, 409]).toContain(second?.status);
    const { rows } = await sql.query<{ type: string }>(
      `SELECT type FROM kyc_event WHERE person_id = $1 AND type IN ('kyc.approved', 'person.restricted') ORDER BY seq`,
      [await personOf(one.id)],
    );
    expect(rows.map(({ type }) => type).indexOf('person.restricted')).toBe(rows.length - 1);
  });

  it('of their records’ coming in is somebody new, whose records reach Common KYC', async () => {
    const who = customer();
    const { id } = await openedBy(gateway, who);
    const answers: Promise<Response>[] = [];
    await holdingPerson(id, async () => {
      answers.push(forget(who));
      await waiters(1);
      const { fullName, nik, dateOfBirth } = KTP;
      const records = { phoneNumber: who.phoneNumber, fullName, nik, dateOfBirth, email: 'budi@example.com' };
      answers.push(gateway.http.post('/v1/common-kyc').set('Authorization', OFFICE).send(records).then());
      await waiters(2);
    });
    const [forgotten, taken] = await Promise.all(answers);
    expect(forgotten?.body).toMatchObject({ status: 'erased' });
    expect(taken?.status).toBe(202);
    const shared = await eventually(
      () => Promise.resolve(gateway.lab.commonKyc.accepted()),
      (all) => all.some((record) => record.phone_number === who.phoneNumber),
    );
    expect(shared).toContainEqual(expect.objectContaining({ phone_number: who.phoneNumber }));
    expect((await forget(who)).body).toMatchObject({ status: 'restricted' });
  });

  it('of their next journey is somebody new to it', async () => {
    const who = customer();
    const { id } = await openedBy(gateway, who);
    let forgotten: Promise<Response> | undefined;
    let next: ReturnType<typeof openedBy> | undefined;
    await holdingPerson(id, async () => {
      forgotten = forget(who);
      await waiters(1);
      next = openedBy(gateway, who);
      await waiters(2);
    });
    expect((await forgotten)?.body).toMatchObject({ status: 'erased' });
    const { id: nextId } = (await next) ?? { id: '' };
    expect(await personOf(nextId)).not.toBe(await personOf(id));
    const { body } = await gateway.http
      .get(`/v1/submissions/${nextId}`)
      .set('Authorization', `Bearer ${tokenOf(gateway, who)}`);
    expect(body).toMatchObject({ id: nextId, phoneNumber: who.phoneNumber });
  });

  it('of a challenge code they issue takes it along', async () => {
    const who = customer();
    const { id } = await openedBy(gateway, who, 'satusehat');
    const headers = {
      Authorization: `Bearer ${officerTokenOf(gateway, who)}`,
      'Idempotency-Key': randomUUID(),
    };
    const issue = (): Promise<Response> =>
      gateway.http
        .post('/v1/satusehat/challenge-codes')
        .set(headers)
        .send({ ...PATIENT, submissionId: id })
        .then();
    const answers: Promise<Response>[] = [];
    await holding('kyc_submission WHERE id = $1', [id], async () => {
      answers.push(forget(who));
      await waiters(1);
      answers.push(issue());
      await waiters(2);
    });
    const [forgotten, issued] = await Promise.all(answers);
    expect(forgotten?.body).toMatchObject({ status: 'erased' });
    expect(issued?.status).toBe(404);
    expect((await issue()).text).not.toContain(PATIENT.nik);
  });
});

describe('the one-time codes of a person who is forgotten at the moment', () => {
  async function deliveries({ phoneNumber }: Customer): Promise<SeenDelivery[]> {
    const { body } = await gateway.http
      .get(`/v1/otp-deliveries?identifier=${phoneNumber}`)
      .set('Authorization', OFFICE);
    return (body as { data: SeenDelivery[] }).data;
  }

  function send({ phoneNumber: identifier }: Customer, otp: string): Promise<Response> {
    const request = gateway.http.post('/v1/webhooks/otp').set('Authorization', otpSender('nanovest'));
    return request.send({ identifier, otp, channel: 'sms' }).then();
  }

  it('of a try leave nothing of it', async () => {
    const who = customer();
    await verified(gateway, who);
    gateway.lab.twilio.faults.next({ delayMs: 500, status: 503 });
    const { id } = (await send(who, 'tried1')).body as { id: string };
    await eventually(
      () => deliveries(who),
      ([one]) => one?.status === 'sending',
    );
    let forgotten: Promise<Response> | undefined;
    await holding('otp_delivery WHERE id = $1', [id], async () => {
      await waiters(1); // what the try came to
      forgotten = forget(who);
      await waiters(2);
    });
    expect((await forgotten)?.body).toMatchObject({ status: 'erased' });
    const { rows } = await sql.query('SELECT number FROM otp_attempt WHERE delivery_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  it('of a code’s coming in leave nothing of it', async () => {
    const who = customer();
    await verified(gateway, who);
    const { id } = (await send(who, 'older1')).body as { id: string };
    const answers: Promise<Response>[] = [];
    const recipient = 'otp_recipient WHERE recipient = (SELECT recipient FROM otp_delivery WHERE id = $1)';
    await holding(recipient, [id], async () => {
      answers.push(send(who, 'newer1'));
      await waiters(1);
      answers.push(forget(who));
      await waiters(2);
    });
    const [newer, forgotten] = await Promise.all(answers);
    expect(newer?.status).toBe(200);
    expect(forgotten?.body).toMatchObject({ status: 'erased' });
    expect(await deliveries(who)).toEqual([]);
  });
});
