import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { GatewayProcess } from '../support/gateway-process';
import { MixedLoad } from '../support/mixed-load';
import { ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

const ROUNDS = 20;
const ROUND_MS = 1_500;

let server: ThrowawayPostgres;
let lab: Lab;
let gateway: GatewayProcess;

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS });
  gateway = await GatewayProcess.prepare((url) => ({
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: server.postgres.url,
    PUBLIC_URL: url,
    OTP_TTL_SECONDS: '60',
    LOG_LEVEL: 'fatal',
  }));
  await gateway.start();
}, 180_000);
afterAll(async () => {
  await gateway?.end('SIGTERM');
  await lab?.close();
  await server?.remove();
});

describe('An administrator who ends all database connections', () => {
  it(`${ROUNDS} times under mixed load ends no gateway, and nothing acknowledged is lost`, async () => {
    const load = new MixedLoad(gateway.url);
    const admin = new Client(server.postgres.superuserUrl);
    await admin.connect();
    let ended = 0;
    try {
      load.start();
      for (let round = 0; round < ROUNDS; round += 1) {
        await sleep(ROUND_MS);
        const { rowCount } = await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'kyc-gateway%'`,
        );
        ended += rowCount ?? 0;
        expect(gateway.runs).toBe(true);
      }
    } finally {
      await load.stop();
    }
    expect(gateway.runs).toBe(true);
    expect([...load.statuses.keys()].filter((status) => ![200, 202, 503].includes(status))).toEqual([]);
    const sql = new Client(server.postgres.url);
    await sql.connect();
    try {
      expect(await load.lost(sql)).toEqual({ codes: [], submissions: [] });
      expect(await load.openCodes(sql, 70_000)).toBe(0);
    } finally {
      await sql.end();
      await admin.end();
    }
    process.stdout.write(
      `${ended} connections ended in ${ROUNDS} rounds; ${load.codes.length} codes and ${load.submissions.length} submissions ` +
        `acknowledged, 0 lost; answers by status: ${JSON.stringify(Object.fromEntries(load.statuses))}\n`,
    );
    expect(load.codes.length).toBeGreaterThan(ROUNDS * 5);
    expect(load.submissions.length).toBeGreaterThan(ROUNDS * 5);
  }, 240_000);
});
