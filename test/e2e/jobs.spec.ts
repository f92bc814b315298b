import { randomInt } from 'node:crypto';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, ownSettings, UNITS } from '../support/test-gateway';

/** A business unit that runs its workers apart from what answers requests. */
let lab: Lab;
let database: TestDatabase;
let sql: Client;
let api: GatewayProcess;
const keys = ownSettings();
const running: GatewayProcess[] = [];

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS });
  database = await createTestDatabase();
  sql = new Client(database.url);
  await sql.connect();
  api = await started('api');
}, 120_000);
afterEach(() => lab.commonKyc.faults.clear());
afterAll(async () => {
  await Promise.all(running.map((gateway) => gateway.end('SIGTERM')));
  await lab?.close();
  await sql?.end();
  await database?.drop();
});

async function started(role: 'api' | 'worker'): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.prepare((url) => ({
    ...lab.environment(),
    ...keys,
    DATABASE_URL: database.url,
    PUBLIC_URL: url,
    ROLE: role,
    LOG_LEVEL: 'fatal',
  }));
  running.push(gateway);
  await gateway.start();
  return gateway;
}

async function handIn(): Promise<string> {
  const kyc = {
    phoneNumber: `62856${randomInt(10_000_000, 99_999_999)}`,
    fullName: 'BUDI SANTOSO',
    nik: '3171010101900001',
    dateOfBirth: '1990-01-01',
    email: '',
  };
  const answer = await fetch(`${api.url}/v1/common-kyc`, {
    method: 'POST',
    headers: { authorization: backOffice('nanovest'), 'content-type': 'application/json' },
    body: JSON.stringify(kyc),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { submissionId: string }).submissionId;
}

/** Resolves once all of them are shared, with the milliseconds that took. */
async function shared(ids: readonly string[], withinMs: number): Promise<number> {
  const started = performance.now();
  const count = await eventually(
    async () => {
      const statement = `SELECT count(*)::int AS count FROM kyc_submission WHERE id = ANY ($1) AND status = 'shared'`;
      return (await sql.query<{ count: number }>(statement, [ids])).rows[0]?.count;
    },
    (found) => found === ids.length,
    withinMs,
  );
  expect(count).toBe(ids.length);
  return performance.now() - started;
}

async function openJobs(): Promise<number | undefined> {
  const statement = `SELECT count(*)::int AS count FROM pgboss.job WHERE state < 'completed'`;
  return (await sql.query<{ count: number }>(statement)).rows[0]?.count;
}

function askedAtPartner(): number {
  return lab.commonKyc.requests('/v1/common-kyc').length;
}

describe('what a business unit hands in', () => {
  it('waits while no worker runs, and is shared once one does', async () => {
    const id = await handIn();
    await started('worker');
    await shared([id], 20_000);
  }, 60_000);

  it('is shared by another process at once, and not at its next look', async () => {
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) times.push(await shared([await handIn()], 20_000));
    expect(Math.min(...times)).toBeLessThan(1_000);
  }, 60_000);

  it('many at once is shared in a row', async () => {
    const ids: string[] = [];
    while (ids.length < 60) ids.push(...(await Promise.all(Array.from({ length: 6 }, handIn))));
    expect(await shared(ids, 40_000)).toBeLessThan(20_000);
  }, 60_000);

  it('is shared by another worker when its worker is killed while Common KYC is slow', async () => {
    const [, first] = running;
    // The partner is slow to this share, and to no earlier one.
    await eventually(openJobs, (count) => count === 0, 20_000);
    const before = askedAtPartner();
    lab.commonKyc.faults.next({ method: 'POST', delayMs: 20_000 });
    const id = await handIn();
    await eventually(
      () => Promise.resolve(askedAtPartner()),
      (asked) => asked > before,
    );
    await first?.end('SIGKILL');
    await started('worker');
    await shared([id], 40_000);
    const { rows } = await sql.query<{ tries: number }>(
      'SELECT tries FROM common_kyc_share WHERE submission_id = $1',
      [id],
    );
    expect(rows).toEqual([{ tries: 2 }]);
  }, 90_000);
});
