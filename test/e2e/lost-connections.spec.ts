import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { MixedLoad } from '../support/mixed-load';
import { startTerminatingProxy, type TerminatingProxy } from '../support/terminating-proxy';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { ownSettings, UNITS } from '../support/test-gateway';

let lab: Lab;
let database: TestDatabase;
let proxy: TerminatingProxy;
let gateway: GatewayProcess;
let sql: Client;

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS });
  database = await createTestDatabase();
  proxy = await startTerminatingProxy(database.url);
  gateway = await GatewayProcess.prepare((url) => ({
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: proxy.url,
    // Few, so that each connection is handed over from one request to the next.
    DATABASE_POOL_SIZE: '3',
    PUBLIC_URL: url,
    LOG_LEVEL: 'fatal',
  }));
  await gateway.start();
  sql = new Client(database.url);
  await sql.connect();
}, 120_000);
afterAll(async () => {
  await sql?.end();
  await gateway?.end('SIGTERM');
  await lab?.close();
  await proxy?.close();
  await database?.drop();
});

/** Runs `disturb` under load, and sees that the gateway outlives it and has lost nothing it acknowledged. */
async function underLoad(disturb: () => Promise<void>): Promise<void> {
  const load = new MixedLoad(gateway.url);
  load.start();
  try {
    await disturb();
    expect(gateway.runs).toBe(true);
    const before = load.acknowledged;
    // New connections serve the same callers.
    const after = await eventually(
      () => Promise.resolve(load.acknowledged),
      (count) => count > before + 50,
    );
    expect(after).toBeGreaterThan(before + 50);
  } finally {
    await load.stop();
  }
  expect([...load.statuses.keys()].filter((status) => ![200, 202, 503].includes(status))).toEqual([]);
  expect(load.codes.length).toBeGreaterThan(0);
  expect(load.submissions.length).toBeGreaterThan(0);
  expect(await load.lost(sql)).toEqual({ codes: [], submissions: [] });
  expect(await load.openCodes(sql, 30_000)).toBe(0);
}

describe('A gateway whose database connections are ended under load', () => {
  it('lives although the end comes with an answer, while the connection changes hands', async () => {
    await underLoad(async () => {
      for (let round = 0; round < 8; round += 1) {
        proxy.endWith('pgboss');
        await sleep(400);
        proxy.spare();
        await sleep(100);
      }
    });
    expect(proxy.ended).toBeGreaterThan(5);
  }, 90_000);

  it('lives when an administrator ends all of them at once, and callers hear 503 until there are new ones', async () => {
    await underLoad(async () => {
      for (let round = 0; round < 5; round += 1) {
        await sleep(700);
        await sql.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
      }
    });
  }, 90_000);
});
