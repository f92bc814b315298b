import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { StreamReader } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { GtfPerson, PHONE } from '../support/gtf-person';
import { MixedLoad } from '../support/mixed-load';
import { MovedClock } from '../support/moved-clock';
import { LEDGER, runScript } from '../support/run-script';
import { backOffice, basic, startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';
import { Takings } from './kills/takings';

const PAUSE_MS = 50;
const STAY_MS = 2_500;
const WRONG = { authorization: basic('nanovest-office', 'guessed'), 'x-forwarded-for': '203.0.113.7' };
/** After a failure, keys that nobody has heard of are asked for again. */
const KEYS_AGAIN_WITHIN_MS = 45_000;

const clock = new MovedClock();
let server: ThrowawayPostgres;
let lab: Lab;
let gateway: TestGateway;

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS, gtfProcessingMs: 40_000 });
  lab.gtf.callbacks.drop = true; // what the polls do shall be seen
  gateway = await startTestGateway({
    lab,
    database: { url: server.postgres.url, drop: () => Promise.resolve() },
    environment: {
      ...clock.environment,
      OTP_TTL_SECONDS: '60',
      GTF_POLL_SCHEDULE: '1,10,20,30,40,50,60,70,80,90,100,110,120',
      TRUST_PROXY: '1',
      LOG_LEVEL: 'warn',
    },
  });
}, 180_000);
afterAll(async () => {
  await gateway?.close();
  await lab?.close();
  await server?.remove();
  clock.remove();
}, 60_000);

async function statusOf(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const answer = await fetch(gateway.url + path, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

/** A person whose token was signed a moment ago, by a clock so many hours ahead. */
function me(hours = 0): Promise<number> {
  const iat = Math.floor(Date.now() / 1000) + hours * 3_600;
  const overrides = { iat, exp: iat + 600 };
  const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: PHONE, overrides });
  return statusOf('/v1/me', { authorization: `Bearer ${token}` });
}

/** A stranger tries passwords until they are told to stop. */
function guessed(): Promise<number> {
  return eventually(
    () => statusOf('/v1/submissions', WRONG),
    (status) => status === 429,
  );
}

/** Common KYC gives no answer until its breaker opens. */
async function openBreaker(): Promise<void> {
  const { faults } = lab.commonKyc;
  faults.next({ reset: true, times: 1_000 });
  const open = await eventually(
    async () =>
      (await gateway.http.get('/metrics')).text.includes('partner_breaker_open{partner="common-kyc"} 1'),
    Boolean,
    30_000,
  );
  faults.clear();
  expect(open).toBe(true);
}

/** While each worker of each queue waits to hear whether there is a job. */
async function whileWorkersAsk(act: () => Promise<void>): Promise<void> {
  const sql = new Client(server.postgres.url);
  await sql.connect();
  try {
    await sql.query('BEGIN');
    await sql.query('LOCK TABLE pgboss.job IN EXCLUSIVE MODE');
    await sleep(STAY_MS); // they ask every two seconds
    await act();
    await sql.query('COMMIT');
  } finally {
    await sql.end();
  }
}

describe('A clock that is set while the gateway runs, by hours, ahead and back,', () => {
  it('costs nobody a code or an event, makes none late, and leaves nothing behind that waits for hours', async () => {
    const submissionId = await new GtfPerson(gateway).submit();
    const watched = await StreamReader.open(`${gateway.url}/v1/submissions/${submissionId}/stream`, {
      authorization: backOffice('nanovest'),
    });
    const load = new MixedLoad(gateway.url, PAUSE_MS);
    const takings = new Takings(lab);
    load.start();
    for (const hours of [1, 0, -1, 26]) {
      await sleep(STAY_MS);
      await clock.set(hours);
    }
    // What begins now would last for 26 hours once the clock is right again, by a clock that is set.
    await lab.simasId.rotateKey({ keepOld: true });
    expect([await me(), await me(26)]).toEqual([401, 200]);
    expect(await guessed()).toBe(429);
    await openBreaker();
    await clock.set(0);
    expect(await statusOf('/v1/submissions', WRONG)).toBe(401);
    await lab.simasId.rotateKey({ keepOld: true });
    for (const hours of [-26, 0]) {
      await sleep(STAY_MS);
      await clock.set(hours);
    }
    expect(
      await eventually(
        () => me(),
        (status) => status === 200,
        KEYS_AGAIN_WITHIN_MS,
      ),
    ).toBe(200);
    await load.stop();
    await clock.set(26);
    await whileWorkersAsk(() => clock.set(0));
    expect([...load.statuses.keys()].filter((status) => ![200, 202].includes(status))).toEqual([]);

    const sql = new Client(server.postgres.url);
    await sql.connect();
    try {
      expect(await load.openCodes(sql, 70_000)).toBe(0);
      expect(await takings.untilShared(sql, 60_000)).toBe(0);
      expect(await takings.untilTold(sql, 60_000)).toBe(0);
      const account = await takings.account(sql, load);
      process.stdout.write(`${account.table}\n`);
      expect(account).toMatchObject({ lost: [], late: [], twiceUnmarked: [] });
      expect(account.ends.get('expired') ?? 0).toBe(0);
    } finally {
      takings.stop();
      await sql.end();
    }
    // By polls, and by the stream that was open all the time.
    expect(
      await eventually(
        () => Promise.resolve(watched.types()),
        (types) => types.includes('kyc.verified'),
        120_000,
      ),
    ).toContain('kyc.verified');
    watched.close();
    expect(await runScript(LEDGER, ['verify'], gateway.environment)).toMatchObject({ code: 0 });
  }, 400_000);
});
