import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { MixedLoad } from '../support/mixed-load';
import { LEDGER, runScript } from '../support/run-script';
import { SmallDisk } from '../support/small-disk';
import { backOffice, ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';
import { Takings } from './kills/takings';

interface HealthReport {
  readonly checks: Readonly<Record<string, string>>;
}

const DISK_MB = 160;
const PAUSE_MS = 20;
const FULL_FOR_MS = 5_000;

let lab: Lab;
let server: ThrowawayPostgres;
let disk: SmallDisk;
let gateway: GatewayProcess;
let log: string;

function where(): ThrowawayPostgres['postgres'] {
  return server.postgres;
}

async function asSuperuser(...statements: readonly string[]): Promise<void> {
  const admin = new Client(where().superuserUrl);
  admin.on('error', () => undefined);
  await admin.connect();
  try {
    for (const statement of statements) await admin.query(statement);
  } finally {
    await admin.end().catch(() => undefined);
  }
}

/** What PostgreSQL keeps on the small disk, and what uses up what it had put aside there. */
const PLACES = {
  tables: {
    move: (folder: string) =>
      asSuperuser(
        `CREATE TABLESPACE small LOCATION '${folder}'`,
        'ALTER DATABASE kyc_gateway SET TABLESPACE small',
      ),
    exhaust: () => Promise.resolve(),
  },
  /** As PostgreSQL's documentation moves it ("WAL Configuration"): a link, while the server does not run. */
  'write-ahead log': {
    move: async (folder: string) => {
      const wal = join(where().cluster, 'pg_wal');
      await where().stop();
      execFileSync('cp', ['-a', `${wal}/.`, folder]);
      renameSync(wal, `${wal}.before`);
      rmSync(`${wal}.before`, { recursive: true });
      symlinkSync(folder, wal);
      await where().restart();
    },
    exhaust: async () => {
      for (let segments = 0; segments < 20; segments += 1) {
        await sleep(100);
        await asSuperuser('SELECT pg_switch_wal()').catch(() => undefined);
      }
    },
  },
} as const;

const mounts = SmallDisk.isAllowed;
if (!mounts) process.stdout.write('SKIPPED: this account may not mount a file system\n');

beforeAll(buildWhenStale, 180_000);

async function begin(place: keyof typeof PLACES): Promise<void> {
  lab = await startLab({ units: UNITS });
  server = await startThrowawayPostgres();
  disk = SmallDisk.mount(DISK_MB);
  await PLACES[place].move(disk.folderOf(statSync(where().cluster)));
  log = '';
  gateway = await GatewayProcess.prepare(
    (url) => ({
      ...lab.environment(),
      ...ownSettings(),
      ...{ DATABASE_URL: where().url, PUBLIC_URL: url, OTP_TTL_SECONDS: '60', LOG_LEVEL: 'warn' },
    }),
    (text) => (log += text),
  );
  await gateway.start();
  lab.connectGateway({ url: gateway.url, otpWebhook: {} });
}
afterEach(async () => {
  await gateway?.end('SIGTERM');
  await lab?.close();
  await server?.remove();
  disk?.remove();
}, 60_000);

/** What `/health/ready` says of the database. */
async function databaseIs(): Promise<string | undefined> {
  const { checks } = (await (await fetch(`${gateway.url}/health/ready`)).json()) as HealthReport;
  return checks['database'];
}

/** PostgreSQL ends itself when its log cannot be written; then it is started again, as a service manager would. */
async function whenPostgresRuns(): Promise<Client> {
  for (let attempt = 1; ; attempt += 1) {
    const sql = new Client(where().url);
    sql.on('error', () => undefined);
    try {
      await sql.connect();
      await sql.query('SELECT 1');
      return sql;
    } catch (error) {
      await sql.end().catch(() => undefined);
      if (attempt === 40) throw error;
      if (attempt % 10 === 0) await where().restart();
      await sleep(500);
    }
  }
}

describe('Under mixed load, while the disk of PostgreSQL is full', () => {
  (mounts ? it : it.skip).each(['tables', 'write-ahead log'] as const)(
    'that has its %s: callers hear 503, and once there is space everything goes on and nothing acknowledged is lost',
    async (place) => {
      await begin(place);
      const load = new MixedLoad(gateway.url, PAUSE_MS);
      const takings = new Takings(lab);
      load.start();
      await sleep(2_000);
      const before = load.acknowledged;
      disk.fill();
      await PLACES[place].exhaust();
      const refused = await eventually(
        () => Promise.resolve(load.statuses.get(503) ?? 0),
        (count) => count > 0,
        90_000,
      );
      expect(refused).toBeGreaterThan(0);
      await sleep(FULL_FOR_MS);
      const whileFull = load.acknowledged;
      expect(log).toContain('"alarm":"disk_full"');
      if (place === 'tables') {
        expect(await databaseIs()).toBe('degraded');
        const reads = { authorization: backOffice('nanovest') };
        expect(await gateway.ask('/v1/submissions?limit=1', reads)).toBe(200);
      }
      const freed = performance.now();
      disk.free();
      const sql = await whenPostgresRuns();
      await eventually(
        () => Promise.resolve(load.acknowledged),
        (count) => count > whileFull + 50,
        60_000,
      );
      const backAfter = performance.now() - freed;
      await load.stop();
      expect(load.acknowledged).toBeGreaterThan(whileFull + 50);
      expect(gateway.runs).toBe(true);
      try {
        expect(await load.openCodes(sql, 70_000)).toBe(0);
        expect(await takings.untilShared(sql, 60_000)).toBe(0);
        expect(await takings.untilTold(sql, 90_000)).toBe(0);
        const account = await takings.account(sql, load);
        process.stdout.write(
          `the disk of the ${place} is full: ${before} acknowledged before; back ${(backAfter / 1000).toFixed(1)} s after there was space\n${account.table}\n`,
        );
        expect(account).toMatchObject({ lost: [], late: [], twiceUnmarked: [] });
      } finally {
        takings.stop();
        await sql.end();
      }
      expect([...load.statuses.keys()].filter((status) => ![200, 202, 503].includes(status))).toEqual([]);
      expect(new Set(load.refusals.keys())).toEqual(new Set(['temporarily_unavailable']));
      const verified = await runScript(LEDGER, ['verify'], gateway.environment);
      expect(verified).toMatchObject({ code: 0 });
      expect(await eventually(databaseIs, (state) => state === 'ok', 15_000)).toBe('ok');
    },
    400_000,
  );
});
