import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { MixedLoad } from '../support/mixed-load';
import { newCode, OtpDesk } from '../support/otp-desk';
import { ownSettings, startTestGateway, type TestGateway, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';
import { Takings } from './kills/takings';
import { PgBouncer } from './real/pgbouncer';
import { BANNER_AFTER_S, Postfix } from './real/postfix';
import { type Program, whyNot } from './real/programs';

const skipped: string[] = [];

/** Tests with a server that is there; others are counted as skipped. */
function withProgram(name: Program): typeof describe.skip {
  const reason = whyNot(name);
  if (reason === undefined) return describe;
  skipped.push(reason);
  process.stdout.write(`SKIPPED: ${reason}\n`);
  return describe.skip;
}

let server: ThrowawayPostgres;
let lab: Lab;

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS });
}, 180_000);
afterAll(async () => {
  await lab?.close();
  await server?.remove();
}, 60_000);

withProgram('postfix')('With Debian’s Postfix as the mail server of a unit', () => {
  const BOX = 'anybody@mail.test';
  let postfix: Postfix;
  let gateway: TestGateway;
  let desk: OtpDesk;
  /** The same mail server for another unit, whose greeting comes late. */
  let patient: OtpDesk;

  beforeAll(async () => {
    postfix = await Postfix.start();
    gateway = await startTestGateway({
      lab,
      database: { url: server.postgres.url, drop: () => Promise.resolve() },
      environment: {
        BU_NANOVEST_SMTP_URL: postfix.url(),
        BU_SIMINVEST_SMTP_URL: postfix.url('slow'),
        NODE_EXTRA_CA_CERTS: postfix.caFile,
        OTP_LIMIT_PER_10_MINUTES: '0',
        OTP_LIMIT_PER_DAY: '0',
      },
    });
    desk = new OtpDesk(gateway, 'nanovest');
    patient = new OtpDesk(gateway, 'siminvest');
  }, 120_000);
  afterAll(async () => {
    await gateway?.close();
    await postfix?.close();
  });
  afterEach(() => (postfix.verdict = () => undefined));

  const send = (identifier: string, otp = newCode(), at = desk): Promise<string> =>
    at.send({ channel: 'email', identifier, otp });
  const copies = (otp: string): number => postfix.mails().filter((mail) => mail.includes(otp)).length;

  it('a person gets the code, once, over TLS that is verified', async () => {
    const otp = newCode();
    await desk.when(await send(BOX, otp), 'accepted');
    expect(
      await eventually(
        () => Promise.resolve(copies(otp)),
        (count) => count > 0,
      ),
    ).toBe(1);
    expect(postfix.mails().find((mail) => mail.includes(otp))).toMatch(/using TLSv1\.[23]/);
  });

  it('a greylisted person gets it with the next try', async () => {
    let refusals = 0;
    postfix.verdict = () => (refusals++ === 0 ? '450 4.2.0 Greylisted, try again' : undefined);
    const otp = newCode();
    const id = await send(BOX, otp);
    const { attempts } = await desk.when(id, 'accepted', 20_000);
    expect(attempts.map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual([
      ['transient', '450'],
      ['accepted', null],
    ]);
    expect(
      await eventually(
        () => Promise.resolve(copies(otp)),
        (count) => count > 0,
      ),
    ).toBe(1);
  });

  it.each([
    ['has a full mailbox for now', '452 4.2.2 Mailbox full', 'transient', '452'],
    ['has a full mailbox', '552 5.2.2 Mailbox full', 'recipient', '552'],
  ])('a person who %s costs nobody else their code', async (_, verdict, outcome, errorCode) => {
    postfix.verdict = (recipient) => (recipient.startsWith('full') ? verdict : undefined);
    const full = await send(`full@mail.test`);
    expect((await desk.tried(full, 1)).attempts[0]).toMatchObject({ outcome, errorCode });
    await desk.when(await send(BOX), 'accepted');
    await desk.giveUp(full);
  });

  it('nobody has the address: the person’s own mistake', async () => {
    const { attempts } = await desk.when(await send('nobody-here@mail.test'), 'failed');
    expect(attempts).toEqual([expect.objectContaining({ outcome: 'recipient', errorCode: '550' })]);
    await desk.when(await send(BOX), 'accepted');
  });

  it('it does not relay: the unit’s mistake, and an alarm', async () => {
    const { attempts } = await desk.when(await send('somebody@elsewhere.test'), 'failed');
    expect(attempts).toEqual([expect.objectContaining({ outcome: 'setup' })]);
    const alarms = async (): Promise<string[]> =>
      (await gateway.log()).filter((line) => line.includes('"alarm":"otp_channel_refused"'));
    expect(await eventually(alarms, ({ length }) => length > 0)).toHaveLength(1);
  });

  it(`a greeting that comes after ${BANNER_AFTER_S} s is waited for`, async () => {
    const otp = newCode();
    await patient.when(await send(BOX, otp, patient), 'accepted', 20_000);
    expect(
      await eventually(
        () => Promise.resolve(copies(otp)),
        (count) => count > 0,
      ),
    ).toBe(1);
  });
});

withProgram('pgbouncer')('With PgBouncer in front of PostgreSQL', () => {
  const environmentAt =
    (database: string) =>
    (url: string): Record<string, string> => ({
      ...lab.environment(),
      ...ownSettings(),
      ...{ DATABASE_URL: database, PUBLIC_URL: url, LOG_LEVEL: 'fatal', OTP_TTL_SECONDS: '60' },
    });

  it('in session mode, killed three times under load: nothing acknowledged is lost', async () => {
    const bouncer = await PgBouncer.begin(server.postgres.url, 'session');
    const gateway = await GatewayProcess.prepare(environmentAt(bouncer.url));
    await gateway.start();
    lab.connectGateway({ url: gateway.url, otpWebhook: {} });
    const load = new MixedLoad(gateway.url, 50);
    const takings = new Takings(lab);
    load.start();
    for (let round = 0; round < 3; round += 1) {
      await sleep(1_500);
      await bouncer.end('SIGKILL');
      await bouncer.start();
    }
    const before = load.acknowledged;
    await eventually(
      () => Promise.resolve(load.acknowledged),
      (count) => count > before + 20,
      30_000,
    );
    await load.stop();
    const sql = new Client(server.postgres.url);
    await sql.connect();
    try {
      expect(gateway.runs).toBe(true);
      expect(await load.openCodes(sql, 70_000)).toBe(0);
      const account = await takings.account(sql, load);
      process.stdout.write(`${account.table}\n`);
      expect(account).toMatchObject({ lost: [], late: [], twiceUnmarked: [] });
    } finally {
      takings.stop();
      await sql.end();
      await gateway.end('SIGTERM');
      await bouncer.close();
    }
  }, 240_000);

  it('in transaction mode the gateway does not start, and says why', async () => {
    const bouncer = await PgBouncer.begin(server.postgres.url, 'transaction');
    const gateway = await GatewayProcess.prepare(environmentAt(bouncer.url));
    await expect(gateway.start()).rejects.toThrow('ended with 78');
    await bouncer.close();
  }, 120_000);
});
