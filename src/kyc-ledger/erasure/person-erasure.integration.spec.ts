import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Response } from 'supertest';
import { LedgerTasks } from '../ledger-tasks';
import { dueNow } from '../../../test/support/due-now';
import { eventually } from '../../../test/support/eventually';
import { GtfPerson } from '../../../test/support/gtf-person';
import { ledgerTools } from '../chain/ledger-tools.fixture';
import type { SeenDelivery } from '../../../test/support/otp-desk';
import { type Customer, customer } from '../../../test/support/submission-story';
import { verified } from '../submission-story.fixture';
import { backOffice, otpSender } from '../../../test/support/test-gateway';
import { type InProcessGateway, startInProcessGateway } from '../../in-process-gateway.fixture';

const OFFICE = backOffice('nanovest');
const YEAR_MS = 365.25 * 86_400_000;

let gateway: InProcessGateway;
let sql: Client;

beforeAll(async () => {
  gateway = await startInProcessGateway();
  sql = new Client(gateway.database.url);
  await sql.connect();
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
});

async function forget({ phoneNumber }: Customer, query = ''): Promise<Response> {
  return gateway.http.delete(`/v1/people/${phoneNumber}${query}`).set('Authorization', OFFICE);
}

async function identity(id: string, purpose: string): Promise<[number, string | undefined]> {
  const { status, body } = await gateway.http
    .get(`/v1/submissions/${id}/identity?purpose=${purpose}`)
    .set('Authorization', OFFICE);
  return [status, (body as { code?: string }).code];
}

/** The phone number as the list and the submission itself show it. */
async function shownNumbers(id: string, { phoneNumber }: Customer): Promise<(string | null)[]> {
  const list = await gateway.http
    .get(`/v1/submissions?phoneNumber=${phoneNumber}`)
    .set('Authorization', OFFICE);
  const one = await gateway.http.get(`/v1/submissions/${id}`).set('Authorization', OFFICE);
  const { data } = list.body as { data: { phoneNumber: string | null }[] };
  return [...data, one.body as { phoneNumber: string | null }].map((shown) => shown.phoneNumber);
}

async function personEvents(id: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const { body } = await gateway.http.get(`/v1/submissions/${id}/events`).set('Authorization', OFFICE);
  const { data } = body as { data: { type: string; data: Record<string, unknown> }[] };
  return data.filter(({ type }) => type.startsWith('person.'));
}

async function approved(who: Customer): Promise<string> {
  const { id } = await verified(gateway, who);
  await gateway.http.post(`/v1/submissions/${id}/approve`).set('Authorization', OFFICE).send({});
  await eventually(
    () => sql.query(`SELECT FROM kyc_submission WHERE id = $1 AND status = 'shared'`, [id]),
    ({ rowCount }) => rowCount === 1,
  );
  return id;
}

/** What the OpenAPI document says a GET may answer. */
async function documentedRefusals(path: string): Promise<string[]> {
  const { body } = await gateway.http.get('/openapi.json');
  const { paths } = body as { paths: Record<string, { get?: { responses: object } }> };
  return Object.keys(paths[path]?.get?.responses ?? {});
}

/** Lets years pass for everybody whose records are kept. */
async function pass(years: number): Promise<void> {
  await sql.query(
    'UPDATE person SET retained_from = retained_from - make_interval(secs => $1), restricted_until = restricted_until - make_interval(secs => $1)',
    [(years * YEAR_MS) / 1_000],
  );
}

async function findings(): Promise<readonly object[]> {
  return (await ledgerTools(gateway, sql).verification.run([], [], () => undefined)).findings;
}

describe('a person who asks to be forgotten', () => {
  it('and never became a customer is forgotten at once, with proof, and the chain still holds', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    expect((await forget(who)).body).toEqual({ status: 'erased', until: null });
    expect(await identity(id, 'audit')).toEqual([404, 'identity_not_found']);
    const { body } = await gateway.http.get(`/v1/submissions/${id}`).set('Authorization', OFFICE);
    expect((body as { phoneNumber: null }).phoneNumber).toBeNull();
    expect(await personEvents(id)).toMatchObject([
      { type: 'person.erased', data: { by: 'nanovest-office' } },
    ]);
    expect((await forget(who)).status).toBe(404);
    expect(await findings()).toEqual([]);
  });

  it('and is a customer is restricted at once and destroyed when due, not before', async () => {
    const who = customer();
    const id = await approved(who);
    expect(await shownNumbers(id, who)).toEqual([who.phoneNumber, who.phoneNumber]);
    const answer = (await forget(who)).body as { status: string; until: string };
    const years = (Date.parse(answer.until) - Date.now()) / YEAR_MS;
    expect([answer.status, Math.round(years * 100) / 100]).toEqual(['restricted', 5]);
    expect(await identity(id, 'audit')).toEqual([409, 'person_restricted']);
    expect(await documentedRefusals('/v1/submissions/{id}/identity')).toContain('409');
    expect(await shownNumbers(id, who)).toEqual([null, null]);
    expect((await identity(id, 'legal-obligation'))[0]).toBe(200);
    expect((await forget(who)).body).toEqual(answer);

    await pass(4.9);
    await gateway.app.get(LedgerTasks).run();
    expect((await identity(id, 'legal-obligation'))[0]).toBe(200);
    await pass(0.2);
    await gateway.app.get(LedgerTasks).run();
    expect(await identity(id, 'legal-obligation')).toEqual([404, 'identity_not_found']);
    expect(await personEvents(id)).toMatchObject([
      { type: 'person.restricted', data: { by: 'nanovest-office', until: answer.until } },
      { type: 'person.erased', data: { by: 'retention' } },
    ]);
    expect(await findings()).toEqual([]);
  });

  it('long after the relationship ended is forgotten at once', async () => {
    const who = customer();
    const id = await approved(who);
    await pass(6);
    const endedOn = new Date(Date.now() - 5.5 * YEAR_MS).toISOString().slice(0, 10);
    expect((await forget(who, `?relationshipEndedOn=${endedOn}`)).body).toEqual({
      status: 'erased',
      until: null,
    });
    expect(await identity(id, 'legal-obligation')).toEqual([404, 'identity_not_found']);
  });

  it('is hidden from a repeat of an earlier answer too', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    const approve = (): Promise<Response> =>
      gateway.http
        .post(`/v1/submissions/${id}/approve`)
        .set({ Authorization: OFFICE, 'Idempotency-Key': `approve-${id}` })
        .send({});
    expect((await approve()).body).toMatchObject({ phoneNumber: who.phoneNumber });
    expect((await forget(who)).body).toMatchObject({ status: 'restricted' });
    expect((await approve()).text).not.toContain(who.phoneNumber);
    await eventually(
      () => sql.query(`SELECT FROM kyc_submission WHERE id = $1 AND status = 'approved'`, [id]),
      ({ rowCount }) => rowCount === 0,
    );
  });

  it('while their data is on its way is told that the partner has it, once it does', async () => {
    const who = customer();
    const { id } = await verified(gateway, who);
    const { commonKyc } = gateway.lab;
    commonKyc.faults.next({ method: 'POST', delayMs: 2_000 });
    await gateway.http.post(`/v1/submissions/${id}/approve`).set('Authorization', OFFICE).send({});
    await eventually(
      () => Promise.resolve(commonKyc.faults.pending),
      (pending) => pending === 0,
    );
    expect((await forget(who)).body).toMatchObject({ status: 'restricted' });
    const outcome = await eventually(
      async () =>
        (await sql.query<{ status: string }>(`SELECT status FROM kyc_submission WHERE id = $1`, [id]))
          .rows[0],
      (row) => row?.status !== 'approved',
    );
    expect(commonKyc.accepted().filter((one) => one.phone_number === who.phoneNumber)).toHaveLength(1);
    expect(outcome).toEqual({ status: 'shared' });
  });

  it.each([
    ['erased', 'erased', false],
    ['kept as a customer', 'restricted', true],
  ])(
    'and is %s is not asked about at GTF any more, and what is under way there ends',
    async (_, status, isCustomer) => {
      const who = customer();
      const person = new GtfPerson(gateway, who.unit, who.phoneNumber);
      if (isCustomer) {
        const id = await person.submit();
        await person.becomes(id, 'verified');
        const decision = { email: 'budi@example.com' };
        await gateway.http.post(`/v1/submissions/${id}/approve`).set('Authorization', OFFICE).send(decision);
      }
      const waiting = await person.submit({ scenario: 'NEVER_FINISHES' });
      expect((await forget(who)).body).toMatchObject({ status });
      const before = gateway.lab.gtf.requests().length;
      const { body } = await gateway.http.get(`/v1/submissions/${waiting}`).set('Authorization', OFFICE);
      expect(body).toMatchObject({
        status: 'error',
        reasonCode: 'person_withdrew',
        partnerSubmissionId: null,
      });
      // Its next look finds nothing to ask about.
      await dueNow(gateway.query, 'gtf-status-poll', waiting);
      await eventually(
        () =>
          sql.query(
            `SELECT FROM pgboss.job WHERE name = 'gtf-status-poll' AND data->>'submissionId' = $1 AND state < 'completed'`,
            [waiting],
          ),
        ({ rowCount }) => rowCount === 0,
      );
      expect(gateway.lab.gtf.requests().slice(before)).toEqual([]);
      expect((await person.get(`/v1/submissions/${waiting}`)).status).toBe(404);
    },
  );

  it('is unknown to another business unit', async () => {
    const who = customer('siminvest');
    await verified(gateway, who);
    expect((await forget(who)).status).toBe(404);
  });
});

describe('the one-time codes of a person who asks to be forgotten', () => {
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

  it.each([
    ['is erased', 'erased', (who: Customer) => verified(gateway, who)],
    ['is kept as a customer', 'restricted', approved],
  ])('who %s are forgotten at once, but not that there were as many as may be', async (_, status, known) => {
    const [who, neighbour] = [customer(), customer()];
    await known(who);
    await send(neighbour, 'other1');
    for (const otp of ['code01', 'code02', 'code03', 'code04', 'code05'])
      expect((await send(who, otp)).status).toBe(200);
    await gateway.lab.twilio.waitForMessage(({ text }) => text.includes('code05'));
    expect(await deliveries(who)).toHaveLength(5);
    expect((await forget(who)).body).toMatchObject({ status });
    expect(await deliveries(who)).toEqual([]);
    expect(await deliveries(neighbour)).toHaveLength(1);
    const orphans = await sql.query(
      'SELECT FROM otp_attempt a WHERE NOT EXISTS (SELECT FROM otp_delivery d WHERE d.id = a.delivery_id)',
    );
    expect(orphans.rowCount).toBe(0);
    expect((await send(who, 'code06')).status).toBe(429);
  });

  it('are not sent any more when they wait for their next try', async () => {
    const who = customer();
    await verified(gateway, who);
    gateway.lab.twilio.faults.next({ status: 503 });
    const { id } = (await send(who, 'waits1')).body as { id: string };
    await eventually(
      () => deliveries(who),
      ([one]) => one?.attempts[0]?.outcome === 'transient',
    );
    await forget(who);
    const { rowCount } = await sql.query('SELECT FROM otp_delivery WHERE id = $1 AND sealed IS NULL', [id]);
    expect(rowCount).toBe(1);
    await sleep(2_000); // its next try would have come
    expect(gateway.lab.twilio.messages().filter(({ text }) => text.includes('waits1'))).toEqual([]);
  });

  it('disturb nobody else’s when they are being sent at that moment', async () => {
    const [who, neighbour] = [customer(), customer()];
    await verified(gateway, who);
    gateway.lab.twilio.faults.next({ delayMs: 500 });
    const { id } = (await send(who, 'begun1')).body as { id: string };
    await eventually(
      () => deliveries(who),
      ([one]) => one?.status === 'sending',
    );
    await forget(who);
    await eventually(
      () =>
        Promise.resolve(gateway.logLines.filter((line) => line.includes('otp attempt') && line.includes(id))),
      ({ length }) => length === 1,
    );
    await send(neighbour, 'other2');
    const delivered = await eventually(
      () => deliveries(neighbour),
      ([one]) => one?.status === 'delivered',
    );
    expect(delivered).toMatchObject([{ status: 'delivered' }]);
    expect(gateway.logLines.filter((line) => line.includes('could not be recorded'))).toEqual([]);
    expect(await deliveries(who)).toEqual([]);
  });
});
