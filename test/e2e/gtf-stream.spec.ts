import { setTimeout as sleep } from 'node:timers/promises';
import { type StreamReader, Watchers } from '../support/event-stream';
import { until } from '../support/eventually';
import { GtfPerson } from '../support/gtf-person';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;
/** Another process on the same database. */
let other: TestGateway;
let person: GtfPerson;
const watchers = new Watchers(() => gateway);
const OFFICE = backOffice('nanovest');

beforeAll(async () => {
  gateway = await startTestGateway();
  person = new GtfPerson(gateway);
  other = await startAnother();
});
afterEach(() => {
  watchers.leave();
});
afterAll(async () => {
  await other?.close();
  await gateway?.close();
});

async function startAnother(): Promise<TestGateway> {
  const { lab, database, environment } = gateway;
  const limited = { ...environment, MAX_BACK_OFFICE_STREAMS: '3' };
  const started = await startTestGateway({ lab, database, environment: limited });
  lab.connectGateway({ url: gateway.url, otpWebhook: {} });
  return started;
}

/** As the person, unless somebody else is named. */
function watch(
  id: string,
  authorization = `Bearer ${person.token}`,
  options: Parameters<Watchers['watch']>[2] = {},
): Promise<StreamReader> {
  return watchers.watch(id, authorization, options);
}

function seen(reader: StreamReader, ...types: readonly string[]): Promise<void> {
  return until(() => types.every((type) => reader.types().includes(type)));
}

async function forget(phoneNumber: string): Promise<void> {
  const { body } = await gateway.http.delete(`/v1/people/${phoneNumber}`).set('Authorization', OFFICE);
  expect(body).toMatchObject({ status: 'erased' });
}

/** Whatever was seen so far did not end the stream. */
async function goesOn(reader: StreamReader): Promise<void> {
  await sleep(500);
  expect(reader.ended).toBe(false);
}

describe('watching a submission', () => {
  it('shows its events as they happen, the same as the list of events', async () => {
    const id = await person.prepare();
    const reader = await watch(id);
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
    });
    await seen(reader, 'kyc.opened');
    await person.confirm(id);
    await seen(reader, 'kyc.opened', 'kyc.processing', 'kyc.verified');
    const listed = await person.get(`/v1/submissions/${id}/events`);
    expect(reader.events.map(({ data }) => data)).toEqual(listed.body.data);
    expect(reader.events.map((event) => [event.id, event.event])).toEqual(
      reader.events.map(({ data }) => [String(data.seq), data.type]),
    );
    await goesOn(reader);
  });

  it('goes on after a person was declined, whom the back office may still approve', async () => {
    const id = await person.prepare({ scenario: 'NOT_EKTP' });
    const reader = await watch(id);
    await person.confirm(id);
    await seen(reader, 'kyc.declined');
    await goesOn(reader);
    await goesOn(await watch(id, undefined, { lastEventId: reader.events.at(-1)?.id ?? '' }));
  });

  it('goes on after a share that failed, which the back office may repeat, and ends with one that did not', async () => {
    gateway.lab.commonKyc.faults.next({
      method: 'POST',
      status: 400,
      body: { meta: { status: 'failed', message: 'no' } },
    });
    const handedIn = await gateway.http.post('/v1/common-kyc').set('Authorization', OFFICE).send({
      phoneNumber: '6285610573555',
      fullName: 'BUDI SANTOSO',
      nik: '3171010101900001',
      dateOfBirth: '1990-01-01',
      email: '',
    });
    const { submissionId } = handedIn.body as { submissionId: string };
    const reader = await watch(submissionId, OFFICE);
    await seen(reader, 'common_kyc.share_failed');
    await goesOn(reader);
    const again = await gateway.http
      .post(`/v1/submissions/${submissionId}/share`)
      .set('Authorization', OFFICE);
    expect(again.status).toBe(202);
    await until(() => reader.ended);
    expect(reader.types().at(-1)).toBe('common_kyc.shared');
  });

  it('tells a browser when to come back, and one that has seen the end to stay away', async () => {
    const id = await person.submit();
    await person.becomes(id, 'verified');
    const first = await watch(id);
    await seen(first, 'kyc.verified');
    expect(first.retryMs).toBeGreaterThanOrEqual(1_000);
    await gateway.http
      .post(`/v1/submissions/${id}/reject`)
      .set('Authorization', OFFICE)
      .send({ reason: 'duplicate' });
    await until(() => first.ended);
    const late = await watch(id, undefined, { lastEventId: first.events[0]?.id ?? '' });
    await until(() => late.ended);
    expect(late.types().at(-1)).toBe('kyc.rejected');
    for (const lastSeen of [late.events.at(-1)?.id ?? '', '999999999999999']) {
      const answer = await gateway.http
        .get(`/v1/submissions/${id}/stream`)
        .set('Authorization', `Bearer ${person.token}`)
        .set('Last-Event-ID', lastSeen);
      expect([answer.status, answer.text]).toEqual([204, '']);
    }
  });

  it('ends with the erasure of the person, at once, and stays away afterwards', async () => {
    const [erased, other] = [
      new GtfPerson(gateway, 'nanovest', '6285610573881'),
      new GtfPerson(gateway, 'nanovest', '6285610573882'),
    ];
    const [id, othersId] = [await erased.submit(), await other.submit()];
    await erased.becomes(id, 'verified');
    const [watcher, own, others] = await Promise.all([
      watch(id, OFFICE),
      watch(id, `Bearer ${erased.token}`),
      watch(othersId, OFFICE),
    ]);
    await seen(watcher, 'kyc.verified');
    await forget(erased.phoneNumber);
    await until(() => watcher.ended && own.ended);
    for (const reader of [watcher, own]) expect(reader.types().at(-1)).toBe('person.erased');
    await goesOn(others);
    expect(others.types()).not.toContain('person.erased');
    const again = (lastSeen: string) =>
      gateway.http
        .get(`/v1/submissions/${id}/stream`)
        .set({ authorization: OFFICE, 'last-event-id': lastSeen });
    expect((await again(watcher.events.at(-1)?.id ?? '')).status).toBe(204);
    const late = await watch(id, OFFICE, { lastEventId: watcher.events[0]?.id ?? '' });
    await until(() => late.ended);
    expect(late.types()).toEqual(watcher.types().slice(1));
  });

  it('resumes after the last event seen, also at another process, without gap or repeat', async () => {
    const id = await person.submit();
    await person.becomes(id, 'verified');
    const first = await watch(id);
    await seen(first, 'kyc.verified');
    const [opened] = first.events;
    const resumed = await watch(id, undefined, { lastEventId: opened?.id ?? '', from: other });
    await seen(resumed, 'kyc.verified');
    expect(resumed.types()).toEqual(['kyc.processing', 'kyc.verified']);
    const rejected = await gateway.http
      .post(`/v1/submissions/${id}/reject`)
      .set('Authorization', OFFICE)
      .send({ reason: 'duplicate' });
    expect(rejected.status).toBe(200);
    // The event was made by one process and is shown by the other, too.
    await seen(resumed, 'kyc.rejected');
    await seen(first, 'kyc.rejected');
  });

  it('shows a browser that comes back again and again every event once, through a restart', async () => {
    const id = await person.submit();
    await person.becomes(id, 'verified');
    const seqs: number[] = [];
    let last = '';
    /** Watches for a while; then the connection breaks wherever it is. */
    const watchFor = async (events: number): Promise<void> => {
      const reader = await watch(id, undefined, {
        ...(last === '' ? {} : { lastEventId: last }),
        from: other,
      });
      await until(() => reader.events.length >= events);
      reader.close();
      seqs.push(...reader.events.map(({ data }) => data.seq));
      last = reader.events.at(-1)?.id ?? last;
    };
    // Every reading of the identity is an event, and many come at once, until enough was watched.
    let rounds = 0;
    let enough = false;
    const readings = async (): Promise<void> => {
      const url = `/v1/submissions/${id}/identity?purpose=manual-review`;
      for (; rounds < 15 || !enough; rounds += 1)
        await Promise.all(
          Array.from({ length: 8 }, () => gateway.http.get(url).set('Authorization', OFFICE)),
        );
    };
    const newEvent = readings();
    try {
      for (let visit = 0; visit < 4; visit += 1) await watchFor(10);
    } finally {
      enough = true;
    }
    await other.close();
    other = await startAnother();
    await newEvent;
    const listed: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await person.get(`/v1/submissions/${id}/events?limit=100${cursor && `&cursor=${cursor}`}`);
      listed.push(...(page.body as { data: { seq: number }[] }).data.map(({ seq }) => seq));
      cursor = page.body.nextCursor as string | null;
    }
    expect(listed).toHaveLength(3 + rounds * 8);
    await watchFor(listed.length - seqs.length);
    expect(seqs).toEqual(listed);
  });

  it('costs the database one listener a process, however many watch', async () => {
    const listeners = async (): Promise<number> => {
      const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`;
      const [row] = await gateway.query<{ n: number }>(sql);
      return row?.n ?? 0;
    };
    const id = await person.prepare();
    const before = await listeners();
    const watching = await Promise.all(Array.from({ length: 40 }, () => watch(id, OFFICE)));
    await until(() => watching.every((reader) => reader.types().includes('kyc.opened')));
    expect([before, await listeners()]).toEqual([2, 2]);
  });

  it('ends when the token does', async () => {
    const id = await person.prepare();
    const token = gateway.lab.simasId.mintToken({
      unit: 'nanovest',
      phoneNumber: person.phoneNumber,
      lifetimeSeconds: 2,
    });
    // The clock's skew is granted to requests, not to streams.
    const reader = await watch(id, `Bearer ${token}`);
    await until(() => reader.ended);
    expect(reader.types()).toEqual(['kyc.opened']);
  });

  it('is for the person and their unit’s back office alone', async () => {
    const id = await person.prepare();
    const stranger = new GtfPerson(gateway, 'nanovest', '6285610573999');
    const url = `/v1/submissions/${id}/stream`;
    expect((await stranger.get(url)).status).toBe(404);
    expect((await gateway.http.get(url).set('Authorization', backOffice('siminvest'))).status).toBe(404);
    expect((await gateway.http.get(url)).status).toBe(401);
    await seen(await watch(id, OFFICE), 'kyc.opened');
  });

  it.each(['x', '-1', '1.5', '1e3', '99999999999999999999'])(
    'refuses %p as last event',
    async (lastEventId) => {
      const id = await person.prepare();
      const answer = await gateway.http
        .get(`/v1/submissions/${id}/stream`)
        .set('Authorization', `Bearer ${person.token}`)
        .set('Last-Event-ID', lastEventId);
      expect(answer.body).toMatchObject({ status: 400, code: 'invalid_request' });
    },
  );

  it('allows a back office so many streams a credential, and another when one was closed', async () => {
    const id = await person.prepare();
    const open = await Promise.all(Array.from({ length: 3 }, () => watch(id, OFFICE, { from: other })));
    const refused = await other.http.get(`/v1/submissions/${id}/stream`).set('Authorization', OFFICE);
    expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited' });
    await watch(id, undefined, { from: other });
    open[0]?.close();
    await until(() =>
      watch(id, OFFICE, { from: other }).then(
        () => true,
        () => false,
      ),
    );
  });

  it('allows a person ten streams at once, and another when one was closed', async () => {
    const watcher = new GtfPerson(gateway, 'nanovest', '6285610573777');
    const id = await watcher.prepare();
    const authorization = `Bearer ${watcher.token}`;
    const open = await Promise.all(Array.from({ length: 10 }, () => watch(id, authorization)));
    const refused = await watcher.get(`/v1/submissions/${id}/stream`);
    expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    open[0]?.close();
    await until(() =>
      watch(id, authorization).then(
        () => true,
        () => false,
      ),
    );
  });
});
