import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import type { Fault, FaultQueue } from '../../lab/faults';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { type KillPoint, startKillPoint } from '../support/kill-point';
import { MixedLoad } from '../support/mixed-load';
import { LEDGER, runScript } from '../support/run-script';
import { ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';
import { takeOver } from './kills/take-over';
import { Takings } from './kills/takings';

/** `LONG=1` is the long form. */
const LONG = process.env['LONG'] === '1';
const GATEWAY_ROUNDS = LONG ? 60 : 12;
const DATABASE_ROUNDS = LONG ? 40 : 4;
const PAUSE_MS = 50;
const MORE_BEFORE_KILL = 30;
/** Codes at a provider when their worker dies. */
const HANGING = 8;
/** A code that cannot be delivered within it is not. */
const TTL_SECONDS = 30;

let server: ThrowawayPostgres;
let lab: Lab;
let environment: Record<string, string>;
let points: Readonly<Record<'api' | 'worker', KillPoint>>;
let gateways: Readonly<Record<'api' | 'worker', GatewayProcess>>;

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS });
  points = {
    api: await startKillPoint(server.postgres.url),
    worker: await startKillPoint(server.postgres.url),
  };
  environment = {
    ...lab.environment(),
    ...ownSettings(),
    OTP_TTL_SECONDS: String(TTL_SECONDS),
    LOG_LEVEL: 'fatal',
  };
  const api = await GatewayProcess.prepare((url) => ({
    ...environment,
    ...{ DATABASE_URL: points.api.url, PUBLIC_URL: url, ROLE: 'api' },
  }));
  await api.start();
  const worker = await GatewayProcess.prepare(() => ({
    ...environment,
    ...{ DATABASE_URL: points.worker.url, PUBLIC_URL: api.url, ROLE: 'worker' },
  }));
  await worker.start();
  gateways = { api, worker };
  lab.connectGateway({ url: api.url, otpWebhook: {} });
}, 180_000);
afterAll(async () => {
  await Promise.all(Object.values(gateways ?? {}).map((gateway) => gateway.end('SIGTERM')));
  await Promise.all(Object.values(points ?? {}).map((point) => point.close()));
  await lab?.close();
  await server?.remove();
}, 60_000);

/** Where a process is killed. `arm` calls `kill` when it is there. */
interface Point {
  readonly name: string;
  readonly victim: 'api' | 'worker';
  readonly arm: (kill: () => void) => void | Promise<void>;
}

function statement(victim: Point['victim'], words: string, moment: 'asked' | 'answered'): Point['arm'] {
  return (kill) => points[victim].at(words, moment, kill);
}

/** A partner has the request, and has not answered yet. */
function partner(queue: () => FaultQueue, fault: Fault): Point['arm'] {
  return async (kill) => {
    const faults = queue();
    faults.next({ ...fault, hang: true });
    await eventually(
      () => Promise.resolve(faults.pending),
      (left) => left === 0,
      POINT_WITHIN_MS,
    );
    if (faults.pending > 0) return faults.clear();
    await sleep(20); // it does its work
    kill();
  };
}

const POINT_WITHIN_MS = 60_000;

const POINTS: readonly Point[] = [
  { victim: 'api', name: 'a code leaves for the database', arm: statement('api', 'otp accept', 'asked') },
  {
    victim: 'api',
    name: 'a code is stored, unacknowledged',
    arm: statement('api', 'otp accept', 'answered'),
  },
  { victim: 'api', name: 'an event leaves for the ledger', arm: statement('api', 'ledger-append', 'asked') },
  {
    victim: 'api',
    name: 'an event is in the ledger, uncommitted',
    arm: statement('api', 'ledger-append', 'answered'),
  },
  { victim: 'api', name: 'a commit leaves', arm: statement('api', 'COMMIT', 'asked') },
  { victim: 'api', name: 'a commit is done, unacknowledged', arm: statement('api', 'COMMIT', 'answered') },
  {
    victim: 'worker',
    name: 'codes are claimed',
    arm: statement('worker', 'INSERT INTO otp_attempt', 'answered'),
  },
  { victim: 'worker', name: 'a provider has a code, not taken', arm: partner(() => lab.twilio.faults, {}) },
  {
    victim: 'worker',
    name: 'a provider took a code, unanswered',
    arm: partner(() => lab.whatsapp.faults, { afterWork: true }),
  },
  {
    victim: 'worker',
    name: 'a code’s outcome leaves',
    arm: statement('worker', 'UPDATE otp_attempt', 'asked'),
  },
  {
    victim: 'worker',
    name: 'Common KYC took data, unanswered',
    arm: partner(() => lab.commonKyc.faults, { method: 'POST', afterWork: true }),
  },
  {
    victim: 'worker',
    name: 'a unit’s back end took an event, unanswered',
    arm: partner(() => lab.unitBackEnd.faults, { afterWork: true }),
  },
];

/** Past Jest, which keeps what tests print until they end. */
function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Kills at the point; whether it was reached. */
async function killAt({ victim, arm }: Point): Promise<boolean> {
  const gateway = gateways[victim];
  let reached = false;
  await arm(() => {
    reached = true;
    gateway.kill();
  });
  await eventually(() => Promise.resolve(reached), Boolean, POINT_WITHIN_MS);
  await gateway.end('SIGKILL');
  await gateway.start();
  return reached;
}

/** At once after the last of them: what was acknowledged a moment before a kill is at risk. */
async function manyMore(load: MixedLoad): Promise<void> {
  const before = load.acknowledged;
  await eventually(
    () => Promise.resolve(load.acknowledged - before),
    (more) => more >= MORE_BEFORE_KILL,
    POINT_WITHIN_MS,
  );
}

async function terminateConnections(): Promise<void> {
  const admin = new Client(server.postgres.superuserUrl);
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'kyc-gateway%'`,
  );
  await admin.end();
}

/** Mixed load while `rounds` are played; then everything that was acknowledged is accounted for. */
async function underLoad(least: number, rounds: (load: MixedLoad) => Promise<void>): Promise<void> {
  const load = new MixedLoad(gateways.api.url, PAUSE_MS);
  const takings = new Takings(lab);
  const sql = new Client(server.postgres.url);
  try {
    load.start();
    await rounds(load).finally(() => load.stop());
    await sql.connect();
    expect(await load.openCodes(sql, 70_000)).toBe(0);
    expect(await takings.untilShared(sql, 60_000)).toBe(0);
    expect(await takings.untilTold(sql, 90_000)).toBe(0);
    const account = await takings.account(sql, load);
    print(account.table);
    expect(account).toMatchObject({ lost: [], late: [], twiceUnmarked: [] });
  } finally {
    takings.stop();
    await sql.end();
  }
  expect(load.codes.length).toBeGreaterThan(least);
  expect(load.submissions.length).toBeGreaterThan(least);
  const verified = await runScript(LEDGER, ['verify'], { ...environment, DATABASE_URL: server.postgres.url });
  expect(verified).toMatchObject({ code: 0 });
  print(verified.verdict);
}

describe('Nothing acknowledged is lost, and nothing comes late or twice unmarked, under mixed load', () => {
  it(`while a gateway is killed ${GATEWAY_ROUNDS} times, at chosen points`, async () => {
    const missed: string[] = [];
    await underLoad(GATEWAY_ROUNDS * 5, async (load) => {
      for (let round = 0; round < GATEWAY_ROUNDS; round += 1) {
        const point = POINTS[round % POINTS.length];
        if (point === undefined) continue;
        await sleep(300);
        const started = performance.now();
        if (!(await killAt(point))) missed.push(point.name);
        print(
          `round ${round + 1}: SIGKILL of the ${point.victim} when ${point.name}; back after ` +
            `${((performance.now() - started) / 1000).toFixed(1)} s; ${load.acknowledged} acknowledged so far`,
        );
      }
    });
    expect(missed).toEqual([]);
  }, 1_500_000);

  it(`while the database is killed, or cut off, ${DATABASE_ROUNDS} times`, async () => {
    await underLoad(DATABASE_ROUNDS * 5, async (load) => {
      for (let round = 0; round < DATABASE_ROUNDS; round += 1) {
        await manyMore(load);
        const isKilled = round % 2 === 0;
        if (isKilled) {
          await server.kill();
          await sleep(100 * (round % 5));
          await server.postgres.restart();
        } else await terminateConnections();
        print(
          `round ${round + 1}: ${isKilled ? 'SIGKILL of PostgreSQL' : 'all connections ended'}; ${load.acknowledged} acknowledged so far`,
        );
        for (const gateway of Object.values(gateways)) expect(gateway.runs).toBe(true);
      }
      await sleep(2_000);
    });
  }, 600_000);
});

describe('A worker that is killed', () => {
  it('leaves its codes to another one, which takes over within ten seconds', async () => {
    const standby = await GatewayProcess.prepare(() => ({
      ...environment,
      ...{ DATABASE_URL: server.postgres.url, PUBLIC_URL: gateways.api.url, ROLE: 'worker' },
    }));
    await standby.start();
    standby.freeze(); // so that everything that hangs is the other one's
    try {
      const load = new MixedLoad(gateways.api.url, PAUSE_MS);
      lab.twilio.faults.next({ hang: true, times: HANGING });
      load.start();
      await eventually(
        () => Promise.resolve(lab.twilio.faults.pending),
        (pending) => pending === 0,
        POINT_WITHIN_MS,
      );
      await load.stop();
      const killed = new Date();
      await gateways.worker.end('SIGKILL');
      standby.thaw();
      const taken = await eventually(
        () => takeOver(server.postgres.url, killed),
        ({ open }) => open === 0,
        20_000,
      );
      expect(taken.open).toBe(0);
      // At least what hung; of others that were on their way a receipt may have told.
      expect(taken.lost).toBeGreaterThanOrEqual(HANGING);
      expect(taken.takenOver).toBeGreaterThanOrEqual(HANGING);
      const afterMs = (taken.last?.getTime() ?? Infinity) - killed.getTime();
      print(`a killed worker's codes were taken over within ${(afterMs / 1000).toFixed(1)} s`);
      expect(afterMs).toBeLessThan(10_000);
    } finally {
      await standby.end('SIGTERM');
    }
  }, 120_000);
});
