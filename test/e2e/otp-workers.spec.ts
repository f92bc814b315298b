import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { inTime } from '../support/in-time';
import { newCode, newPhone, OtpDesk } from '../support/otp-desk';
import { startStallingProxy, type StallingProxy } from '../support/stalling-proxy';
import { startTestGateway, type TestGateway } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

const NOBODY = 'http://localhost:9';

/** SMS that ended so, by the metrics. */
async function ended(gateway: TestGateway, status: string): Promise<number> {
  const line = new RegExp(`^otp_deliveries_ended_total\\{channel="sms",status="${status}"\\} (\\d+)$`, 'm');
  return Number(line.exec((await gateway.http.get('/metrics')).text)?.[1] ?? 0);
}

/** Counted once it is recorded, which the delivery shows a moment earlier. */
async function counted(gateway: TestGateway, status: string, count: number): Promise<void> {
  expect(
    await eventually(
      () => ended(gateway, status),
      (found) => found >= count,
    ),
  ).toBe(count);
}

describe('A code that waits', () => {
  let gateway: TestGateway;
  let desk: OtpDesk;
  /** Of a unit whose channel has had no failures. */
  let others: OtpDesk;

  beforeAll(async () => {
    gateway = await startTestGateway({ environment: { TWILIO_BASE_URL: NOBODY } });
    desk = new OtpDesk(gateway);
    others = new OtpDesk(gateway, 'siminvest');
  });
  afterAll(() => gateway?.close());

  it('is superseded by a newer code for the same person, erased and counted', async () => {
    const identifier = newPhone();
    const old = await desk.send({ identifier });
    await desk.tried(old, 1);
    const otp = newCode();
    await desk.send({ identifier, otp, channel: 'whatsapp' });
    expect(await desk.when(old, 'superseded')).toMatchObject({ attempts: [{ outcome: 'transient' }] });
    const [row] = await desk.sql('SELECT sealed, key_id FROM otp_delivery WHERE id = $1', [old]);
    expect(row).toEqual({ sealed: null, key_id: null });
    await counted(gateway, 'superseded', 1);
    await gateway.lab.whatsapp.waitForMessage(({ code }) => code === otp);
  });

  it('is not superseded by the same code on another channel, nor by another unit’s', async () => {
    const identifier = newPhone();
    const otp = newCode();
    const first = await desk.send({ identifier, otp });
    await desk.send({ identifier, otp, channel: 'whatsapp' });
    await others.send({ identifier, otp: newCode(), channel: 'whatsapp' });
    expect(await desk.tried(first, 2)).toMatchObject({ status: 'queued' });
  });

  it('is found though no worker was told of it', async () => {
    const id = await desk.send();
    await desk.tried(id, 1);
    await desk.sql(`UPDATE otp_delivery SET due_at = now() + interval '1 h' WHERE id = $1`, [id]);
    await desk.sql('SELECT pg_sleep(1.5)'); // so long its own worker had in mind
    await desk.sql(`UPDATE otp_delivery SET due_at = now() WHERE id = $1`, [id]);
    await desk.tried(id, 2, 15_000); // while its channel rests, too
  });

  it('is shown in the metrics', async () => {
    await desk.send();
    const depth = await eventually(
      async () =>
        /^otp_queue_depth\{channel="sms"\} (\d+)$/m.exec((await gateway.http.get('/metrics')).text)?.[1],
      (value) => Number(value) > 0,
    );
    expect(Number(depth)).toBeGreaterThan(0);
  });

  it('ends when its turn comes too late, superseded or expired, is counted and says why', async () => {
    const [superseded, expired] = [await ended(gateway, 'superseded'), await ended(gateway, 'expired')];
    const [outdated, late] = [await others.send(), await others.send()];
    await others.tried(outdated, 1);
    await others.tried(late, 1);
    // A newer code that was taken while somebody else held this delivery's row.
    await others.sql(
      `UPDATE otp_recipient SET newest_code = '\\x00' WHERE recipient = (SELECT recipient FROM otp_delivery WHERE id = $1)`,
      [outdated],
    );
    await others.sql(`UPDATE otp_delivery SET expires_at = now() + interval '4 s' WHERE id = $1`, [late]);
    expect(await others.when(outdated, 'superseded')).toMatchObject({ reason: null });
    expect(await others.when(late, 'expired')).toMatchObject({ reason: 'deadline' });
    await counted(gateway, 'superseded', superseded + 1);
    await counted(gateway, 'expired', expired + 1);
  });

  it('ends without waiting for one that somebody is busy with', async () => {
    const [busy, free] = [await others.send(), await others.send()];
    await others.tried(busy, 1);
    await others.tried(free, 1);
    const sql = new Client(gateway.database.url);
    await sql.connect();
    try {
      await sql.query('BEGIN');
      await sql.query('SELECT FROM otp_delivery WHERE id = $1 FOR UPDATE', [busy]);
      await others.sql(`UPDATE otp_delivery SET expires_at = now(), due_at = now() WHERE id = $1`, [free]);
      await others.when(free, 'expired');
      await sql.query(`UPDATE otp_delivery SET expires_at = now(), due_at = now() WHERE id = $1`, [busy]);
      await sql.query('COMMIT');
      await others.when(busy, 'expired');
    } finally {
      await sql.end();
    }
  });
});

describe('Many processes on one database', () => {
  let worker: TestGateway;
  let api: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    api = await startTestGateway({ environment: { ROLE: 'api', PARTNER_TIMEOUT_MS: '6000' } });
    worker = await startWorker();
    desk = new OtpDesk(api);
  });
  afterAll(async () => {
    await worker.close();
    await api.close();
  });

  function startWorker(): Promise<TestGateway> {
    const { lab, database, environment } = api;
    return startTestGateway({ lab, database, environment: { ...environment, ROLE: 'worker' } });
  }

  it('share the work: one takes the code in, another delivers it at once', async () => {
    const started = performance.now();
    const otp = newCode();
    const id = await desk.send({ otp });
    await worker.lab.twilio.waitForMessage(({ text }) => text.includes(otp));
    expect(performance.now() - started).toBeLessThan(1_500);
    await desk.when(id, 'delivered');
  });

  it('send each code once, however many ask for it', async () => {
    const second = await startWorker();
    try {
      const codes = Array.from({ length: 60 }, newCode);
      const ids = await Promise.all(codes.map((otp) => desk.send({ otp })));
      // Every worker is told again and again: the row decides, not who is told.
      for (let round = 0; round < 20; round += 1) await desk.sql(`NOTIFY otp_due, 'nanovest sms'`);
      for (const id of ids) await desk.when(id, 'delivered');
      const texts = worker.lab.twilio.messages().map(({ text }) => text);
      for (const otp of codes) expect(texts.filter((text) => text.includes(otp))).toHaveLength(1);
    } finally {
      await second.close();
    }
  });

  it('take over from a worker that died while it sent: one more try, marked as a possible duplicate', async () => {
    worker.lab.twilio.faults.next({ hang: true });
    const id = await desk.send();
    await eventually(
      () => desk.see(id),
      ({ status }) => status === 'sending',
    );
    await desk.sql(`UPDATE otp_delivery SET due_at = now() WHERE id = $1`, [id]);
    const delivery = await desk.tried(id, 2);
    expect(delivery.attempts).toEqual([
      expect.objectContaining({ outcome: 'unknown', errorCode: 'worker_lost', possibleDuplicate: false }),
      expect.objectContaining({ outcome: 'accepted', possibleDuplicate: true }),
    ]);
  });

  it('send nothing more once a worker that comes back late says that the message was taken', async () => {
    worker.lab.twilio.faults.next({ delayMs: 3_000 });
    worker.lab.twilio.receipts.usually([]);
    const id = await desk.send();
    await eventually(
      () => desk.see(id),
      ({ status }) => status === 'sending',
    );
    await desk.sql(`UPDATE otp_delivery SET due_at = now() WHERE id = $1`, [id]);
    await desk.when(id, 'queued');
    await desk.sql(`UPDATE otp_delivery SET due_at = now() + interval '20 s' WHERE id = $1`, [id]);
    expect(await desk.when(id, 'accepted')).toMatchObject({ attempts: [{ outcome: 'accepted' }] });
  });

  it('let a worker that comes back late correct its own attempt and nothing else', async () => {
    worker.lab.twilio.faults.next({ delayMs: 5_000 });
    worker.lab.twilio.receipts.usually([]);
    const id = await desk.send();
    await eventually(
      () => desk.see(id),
      ({ status }) => status === 'sending',
    );
    await desk.sql(`UPDATE otp_delivery SET due_at = now() WHERE id = $1`, [id]);
    await desk.tried(id, 2);
    const corrected = await eventually(
      () => desk.see(id),
      ({ attempts }) => attempts[0]?.outcome === 'accepted',
    );
    expect(corrected).toMatchObject({
      status: 'accepted',
      attempts: [{ outcome: 'accepted' }, { outcome: 'accepted' }],
    });
  });
});

describe('A gateway whose database', () => {
  const refusal = [
    503,
    { error: 'temporarily_unavailable', error_description: expect.any(String) as string },
  ];
  let server: ThrowawayPostgres;
  let proxy: StallingProxy;
  let gateway: TestGateway;
  let desk: OtpDesk;

  beforeAll(async () => {
    server = await startThrowawayPostgres();
    proxy = await startStallingProxy(server.postgres.url);
    const database = { url: proxy.url, drop: () => Promise.resolve() };
    gateway = await startTestGateway({ database });
    desk = new OtpDesk(gateway);
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
    await server.remove();
  });

  it('hangs says so to the sender within three seconds, and goes on when it does', async () => {
    proxy.stall();
    const answer = await inTime(3_000, () =>
      desk.post({ identifier: newPhone(), otp: newCode(), channel: 'sms' }),
    );
    expect([answer.status, answer.body]).toEqual(refusal);
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    proxy.flow();
    await desk.when(await desk.send(), 'delivered');
  });

  it('was killed says so within three seconds, and delivers what it had accepted when it is back', async () => {
    gateway.lab.twilio.faults.next({ delayMs: 500 });
    const id = await desk.send();
    await eventually(
      () => desk.see(id),
      ({ status }) => status === 'sending',
    );
    await server.kill();
    const started = performance.now();
    const answer = await desk.post({ identifier: newPhone(), otp: newCode(), channel: 'sms' });
    expect(performance.now() - started).toBeLessThan(3_000);
    expect([answer.status, answer.body]).toEqual(refusal);
    await server.postgres.restart();
    const delivery = await desk.tried(id, 1);
    expect(delivery.attempts).toEqual([expect.objectContaining({ outcome: 'accepted' })]);
    await desk.when(await desk.send(), 'delivered');
  });
});
