import { randomBytes, randomUUID } from 'node:crypto';
import { dueNow } from '../support/due-now';
import { eventually, until } from '../support/eventually';
import {
  type EventsReceiver,
  isGenuine,
  type ReceivedEvent,
  startEventsReceiver,
} from '../support/events-receiver';
import { customer, KTP, openedBy, verified } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

const UNIT = 'nanovest';
const SECRETS = [1, 2].map(() => `whsec_${randomBytes(32).toString('base64')}`);
const SCHEDULE = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

let gateway: TestGateway;
let receiver: EventsReceiver;
let other: EventsReceiver;

beforeAll(async () => {
  [receiver, other] = await Promise.all([startEventsReceiver(), startEventsReceiver()]);
  gateway = await startTestGateway({
    environment: {
      BU_NANOVEST_EVENTS_URL: receiver.url,
      BU_NANOVEST_EVENTS_SECRETS: SECRETS.join(','),
      BU_SIMINVEST_EVENTS_URL: other.url,
      BU_SIMINVEST_EVENTS_SECRETS: SECRETS[0] ?? '',
      BU_SIMINVEST_EVENTS_TYPES: 'kyc.verified,person.',
    },
  });
});
beforeEach(() => receiver.react(() => 204));
afterAll(async () => {
  await gateway?.close();
  await Promise.all([receiver?.close(), other?.close()]);
});

interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly seq: number;
  readonly type: string;
  readonly status: string;
  readonly attempts: readonly { startedAt: string; durationMs: number; status: number | null }[];
  readonly nextAttemptAt: string | null;
}

async function call(method: 'get' | 'post', path: string, body?: object, unit = UNIT): Promise<unknown> {
  const request = gateway.http[method](`/v1/event-deliveries${path}`).set('Authorization', backOffice(unit));
  const answer = await (body === undefined ? request : request.send(body));
  expect([path, answer.status]).toEqual([path, method === 'get' ? 200 : 202]);
  return answer.body;
}

async function deliveries(query = ''): Promise<Delivery[]> {
  return ((await call('get', `?limit=100${query}`)) as { data: Delivery[] }).data;
}

async function deliveryOf(submissionId: string, type: string): Promise<Delivery> {
  const [event] = await gateway.query<{ seq: string }>(
    'SELECT seq FROM kyc_event WHERE submission_id = $1 AND type = $2',
    [submissionId, type],
  );
  const found = (await deliveries()).find(({ seq }) => String(seq) === event?.seq);
  return found ?? { id: '', eventId: '', seq: 0, type, status: 'none', attempts: [], nextAttemptAt: null };
}

function of(submissionId: string, events: readonly ReceivedEvent[] = receiver.taken): ReceivedEvent[] {
  return events.filter(({ body }) => body.data.submissionId === submissionId);
}

function typesOf(submissionId: string): string[] {
  return of(submissionId).map(({ body }) => body.type);
}

async function hears(submissionId: string, types: readonly string[]): Promise<void> {
  const wanted = JSON.stringify(types);
  await eventually(
    () => Promise.resolve(JSON.stringify(typesOf(submissionId))),
    (heard) => heard === wanted,
    30_000,
  );
  expect(typesOf(submissionId)).toEqual(types);
}

/** What is planned for later is due now: the time is the database's. */
async function timePasses(): Promise<void> {
  await gateway.query(`UPDATE event_delivery SET due_at = now() WHERE status = 'pending' AND due_at > now()`);
  await dueNow(gateway.query, 'unit-events');
}

describe('a unit’s own back end', () => {
  it('is told of each event, thin, and by both secrets that it may hold', async () => {
    const { id } = await verified(gateway, customer());
    await hears(id, ['kyc.opened', 'kyc.verified']);
    const [opened, done] = of(id);
    expect(opened?.body.data).toEqual({
      seq: opened?.body.data.seq,
      submissionId: id,
      kind: 'gtf-siv',
      status: 'open',
      reasonCode: null,
    });
    expect(done?.body).toMatchObject({ timestamp: expect.any(String), data: { status: 'verified' } });
    for (const event of of(id)) {
      expect(event.headers['content-type']).toBe('application/json');
      for (const secret of SECRETS) expect(isGenuine(secret, event)).toBe(true);
      expect(isGenuine(`whsec_${randomBytes(32).toString('base64')}`, event)).toBe(false);
      expect(isGenuine(SECRETS[0] ?? '', { ...event, raw: event.raw.replace(id, randomUUID()) })).toBe(false);
    }
    const page = await gateway.http.get('/v1/events?limit=100').set('Authorization', backOffice(UNIT));
    const { data } = page.body as { data: { id: string; seq: number }[] };
    expect(of(id).map((event) => data.find(({ seq }) => seq === event.body.data.seq)?.id)).toEqual(
      of(id).map((event) => event.id),
    );
    const recorded = await eventually(
      () => deliveryOf(id, 'kyc.verified'),
      ({ status }) => status === 'delivered',
    );
    expect(recorded).toMatchObject({
      eventId: done?.id,
      status: 'delivered',
      attempts: [{ status: 204 }],
      nextAttemptAt: null,
    });
  });

  it('is told of the types it wants, and of its own unit alone', async () => {
    const theirs = await verified(gateway, customer('siminvest'));
    await eventually(
      () => Promise.resolve(of(theirs.id, other.taken).length),
      (count) => count > 0,
    );
    expect(of(theirs.id, other.taken).map(({ body }) => body.type)).toEqual(['kyc.verified']);
    expect(of(theirs.id, receiver.tries)).toEqual([]);
    expect(other.tries.every(({ body }) => /^(kyc\.verified|person\.)/.test(body.type))).toBe(true);
  });

  it.each([500, 302, 404, 'redirect', 'reset'] as const)(
    'that answers %s hears of the event again under the same id, and of what follows only then',
    async (how) => {
      let failures = 2;
      receiver.react(() => ((failures -= 1) >= 0 ? how : 200));
      const { id } = await verified(gateway, customer());
      const waits = (tries: number) => async (): Promise<boolean> =>
        (await deliveryOf(id, 'kyc.opened')).attempts.length >= tries;
      expect(await eventually(waits(1), Boolean, 20_000)).toBe(true);
      const first = await deliveryOf(id, 'kyc.opened');
      expect(first).toMatchObject({ status: 'pending', nextAttemptAt: expect.any(String) });
      expect((await deliveryOf(id, 'kyc.verified')).status).toBe('none');
      await timePasses();
      expect(await eventually(waits(2), Boolean, 20_000)).toBe(true);
      await timePasses();
      await hears(id, ['kyc.opened', 'kyc.verified']);
      const opened = of(id, receiver.tries).filter(({ body }) => body.type === 'kyc.opened');
      expect(opened).toHaveLength(3);
      expect(new Set(opened.map((event) => event.id)).size).toBe(1);
      for (const event of opened) expect(isGenuine(SECRETS[1] ?? '', event)).toBe(true);
      const status = typeof how === 'number' ? how : how === 'redirect' ? 307 : null;
      expect((await deliveryOf(id, 'kyc.opened')).attempts.map((attempt) => attempt.status)).toEqual([
        status,
        status,
        200,
      ]);
    },
    60_000,
  );

  it('that hears nothing of one submission hears of the others', async () => {
    const [stuck, fine] = [await openedBy(gateway, customer()), await openedBy(gateway, customer())];
    receiver.react(({ body }) => (body.data.submissionId === stuck.id ? 500 : 200));
    const { id } = await verified(gateway, customer());
    await hears(id, ['kyc.opened', 'kyc.verified']);
    await hears(fine.id, ['kyc.opened']);
  });

  it('that is away for three days hears of everything; only after the last try an event is given up', async () => {
    receiver.react(() => 503);
    const { id } = await verified(gateway, customer());
    const waits: number[] = [];
    for (let tries = 1; tries <= SCHEDULE.length + 1; tries += 1) {
      const tried = async (): Promise<Delivery> => deliveryOf(id, 'kyc.opened');
      const after = await eventually(tried, ({ attempts }) => attempts.length >= tries, 20_000);
      expect(after.attempts).toHaveLength(tries);
      if (after.status === 'failed') break;
      const [{ wait } = { wait: 0 }] = await gateway.query<{ wait: number }>(
        'SELECT extract(epoch FROM due_at - now())::float AS wait FROM event_delivery WHERE id = $1',
        [after.id],
      );
      waits.push(wait);
      await timePasses();
    }
    expect(waits).toHaveLength(SCHEDULE.length);
    waits.forEach((wait, index) => {
      expect(wait).toBeLessThanOrEqual(SCHEDULE[index] ?? 0);
      expect(wait).toBeGreaterThan((SCHEDULE[index] ?? 0) - 30);
    });
    expect(await deliveries('&status=failed')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ seq: (await deliveryOf(id, 'kyc.opened')).seq, nextAttemptAt: null }),
      ]),
    );
    // The next event goes on.
    receiver.react(() => 200);
    await timePasses();
    await hears(id, ['kyc.verified']);
    const given = await deliveryOf(id, 'kyc.opened');
    expect(await call('post', `/${given.id}/retry`)).toMatchObject({ id: given.id, status: 'pending' });
    await hears(id, ['kyc.verified', 'kyc.opened']);
    expect(new Set(of(id, receiver.tries).map((event) => event.id)).size).toBe(2);
  }, 180_000);

  it('that says it is gone hears nothing more, which is an alarm, until somebody asks for it again', async () => {
    // Read from the database now and then.
    const metric = async (line: string): Promise<void> => {
      const metrics = (): Promise<string> => gateway.http.get('/metrics').then(({ text }) => text);
      expect(await eventually(metrics, (text) => text.includes(line), 30_000)).toContain(line);
    };
    receiver.react(() => 410);
    const first = await verified(gateway, customer());
    expect(
      await eventually(
        () => deliveryOf(first.id, 'kyc.opened'),
        ({ status }) => status === 'stopped',
      ),
    ).toMatchObject({ status: 'stopped', nextAttemptAt: null, attempts: [{ status: 410 }] });
    const told = async (): Promise<string[]> =>
      (await gateway.log()).filter((line) => line.includes('wants no events any more'));
    const alarms = await eventually(told, ({ length }) => length > 0);
    expect(alarms.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ alarm: expect.anything(), businessUnit: UNIT }),
    ]);
    await metric('unit_event_endpoints_stopped 1');
    receiver.react(() => 200);
    const before = receiver.tries.length;
    const second = await openedBy(gateway, customer());
    await dueNow(gateway.query, 'unit-events');
    const jobs = (): Promise<object[]> =>
      gateway.query(`SELECT FROM pgboss.job WHERE name = 'unit-events' AND state < 'completed'`);
    await until(async () => (await jobs()).length === 0);
    expect(receiver.tries).toHaveLength(before);
    await call('post', `/${(await deliveryOf(first.id, 'kyc.opened')).id}/retry`);
    await hears(first.id, ['kyc.opened', 'kyc.verified']);
    await hears(second.id, ['kyc.opened']);
    await metric('unit_event_endpoints_stopped 0');
  }, 90_000);

  it('is told again of everything after an event, under the same ids and in order', async () => {
    const { id } = await verified(gateway, customer());
    await hears(id, ['kyc.opened', 'kyc.verified']);
    const [opened, done] = of(id);
    const before = receiver.taken.length;
    expect(await call('post', '/replay', { afterSeq: (opened?.body.data.seq ?? 0) - 1 })).toEqual({
      afterSeq: (opened?.body.data.seq ?? 0) - 1,
    });
    await hears(id, ['kyc.opened', 'kyc.verified', 'kyc.opened', 'kyc.verified']);
    expect(of(id, receiver.taken.slice(before)).map((event) => event.id)).toEqual([opened?.id, done?.id]);
    // Everything there ever was, each submission in its order.
    const all = await gateway.query<{ seq: number }>(
      `SELECT seq::int FROM kyc_event WHERE business_unit = 'nanovest'`,
    );
    const again = receiver.taken.length;
    await call('post', '/replay', { afterSeq: 0 });
    const heard = (): Set<number> => new Set(receiver.taken.slice(again).map(({ body }) => body.data.seq));
    await eventually(
      () => Promise.resolve(heard().size),
      (size) => size >= all.length,
      30_000,
    );
    expect([...heard()]).toEqual(expect.arrayContaining(all.map(({ seq }) => seq)));
    expect(inOrder(receiver.taken.slice(again))).toBe(true);
  }, 60_000);

  it('is shown and told nothing personal, and its own answers are kept nowhere', async () => {
    const who = customer();
    await verified(gateway, who);
    await gateway.http.delete(`/v1/people/${who.phoneNumber}`).set('Authorization', backOffice(UNIT));
    await eventually(
      () => Promise.resolve(receiver.taken.at(-1)?.body.type),
      (type) => type === 'person.erased' || type === 'ledger.checkpoint',
    );
    const seen = [
      ...receiver.tries.map(({ raw, headers }) => raw + JSON.stringify(headers)),
      JSON.stringify(await deliveries()),
      JSON.stringify(await gateway.query('SELECT * FROM event_delivery')),
      JSON.stringify(await gateway.query(`SELECT * FROM pgboss.job WHERE name = 'unit-events'`)),
      ...(await gateway.log()),
    ].join('\n');
    const canaries = [
      who.phoneNumber,
      who.subject,
      KTP.nik,
      KTP.fullName,
      'canary answer',
      ...SECRETS,
      receiver.url,
    ];
    expect(canaries.filter((canary) => seen.includes(String(canary)))).toEqual([]);
  });

  it('that hangs costs no other unit anything', async () => {
    receiver.react(() => 'hang');
    const before = receiver.tries.length;
    for (let count = 0; count < 10; count += 1) await openedBy(gateway, customer());
    await eventually(
      () => Promise.resolve(receiver.tries.length - before),
      (count) => count >= 8,
    );
    const { id } = await verified(gateway, customer('siminvest'));
    await eventually(() => Promise.resolve(of(id, other.taken).length), Boolean);
    expect(of(id, other.taken)).toHaveLength(1);
    // The places were full all the while.
    expect(receiver.tries.length - before).toBe(8);
  }, 60_000);

  it('is behind its unit’s wall', async () => {
    const { id } = await openedBy(gateway, customer());
    await hears(id, ['kyc.opened']);
    const { id: delivery } = await deliveryOf(id, 'kyc.opened');
    const retried = await gateway.http
      .post(`/v1/event-deliveries/${delivery}/retry`)
      .set('Authorization', backOffice('siminvest'));
    expect(retried.status).toBe(404);
    const theirs = (await call('get', '', undefined, 'siminvest')) as { data: Delivery[] };
    expect(theirs.data.some((one) => one.id === delivery)).toBe(false);
  });

  it('at an address that is new hears of the next event, and of older ones when it asks', async () => {
    // Of what happened before nothing waits any more.
    const waits = async (): Promise<boolean> => (await deliveries('&status=pending')).length > 0;
    for (let goesOn = await waits(); goesOn; goesOn = await waits()) await timePasses();
    const moved = await startEventsReceiver();
    const { lab, database, environment } = gateway;
    await gateway.stop();
    const next = await startTestGateway({
      lab,
      database,
      environment: { ...environment, BU_NANOVEST_EVENTS_URL: moved.url },
    });
    try {
      const { id } = await openedBy(next, customer());
      await eventually(() => Promise.resolve(of(id, moved.taken).length), Boolean);
      expect(moved.tries.map(({ body }) => body.data.submissionId)).toEqual([id]);
      await next.http
        .post('/v1/event-deliveries/replay')
        .set('Authorization', backOffice(UNIT))
        .send({ afterSeq: 0 })
        .expect(202);
      await eventually(() => Promise.resolve(moved.taken.some(({ body }) => body.data.seq === 1)), Boolean);
      expect(moved.taken.some(({ body }) => body.data.seq === 1)).toBe(true);
    } finally {
      await next.close();
      await moved.close();
    }
  });
});

function inOrder(events: readonly ReceivedEvent[]): boolean {
  const last = new Map<string, number>();
  return events.every(({ body: { data } }) => {
    const { seq, submissionId } = data;
    const isNext = submissionId === null || (last.get(submissionId) ?? 0) <= seq;
    if (submissionId !== null) last.set(submissionId, seq);
    return isNext;
  });
}
