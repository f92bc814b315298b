import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { Balancer } from '../support/balancer';
import { GatewayProcess } from '../support/gateway-process';
import { MixedLoad } from '../support/mixed-load';
import { buildOf, type PreviousBuild, previousCommit } from '../support/previous-build';
import { LEDGER, MIGRATE, runScript } from '../support/run-script';
import { ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

const commit = previousCommit();
const played = commit === undefined ? describe.skip : describe;
const SERVES_MS = 3_000;
const TIMES = 50;
/** Between two requests of a client: the machine builds up and replaces gateways meanwhile. */
const PAUSE_MS = 20;

let server: ThrowawayPostgres;
let lab: Lab;
let previous: PreviousBuild;
let environment: Record<string, string>;
let sql: Client;

played('Two gateways of the build before, replaced one after another under load', () => {
  beforeAll(async () => {
    await buildWhenStale();
    previous = buildOf(commit ?? '');
    server = await startThrowawayPostgres();
    lab = await startLab({ units: UNITS });
    environment = {
      ...lab.environment(),
      ...ownSettings(),
      DATABASE_URL: server.postgres.url,
      CONFIG_UNKNOWN: 'warn',
      DRAIN_GRACE_SECONDS: '1',
      LOG_LEVEL: 'fatal',
    };
    sql = new Client(server.postgres.url);
    await sql.connect();
  }, 600_000);
  afterAll(async () => {
    await sql?.end();
    await lab?.close();
    await server?.remove();
    previous?.remove();
  });

  const start = async (program: string, more: Record<string, string> = {}): Promise<GatewayProcess> => {
    const gateway = await GatewayProcess.prepare(
      (url) => ({ ...environment, ...more, PUBLIC_URL: url }),
      undefined,
      program,
    );
    await gateway.start();
    return gateway;
  };

  it('and back again, lose nothing that was acknowledged and answer every request', async () => {
    const balancer = new Balancer();
    const load = new MixedLoad(await balancer.listen(), PAUSE_MS);
    const replace = async (old: GatewayProcess, by: Promise<GatewayProcess>): Promise<GatewayProcess> => {
      const next = await by;
      await balancer.add(next);
      const { code, requests } = await balancer.retire(old);
      expect([code, requests > 10]).toEqual([0, true]);
      return next;
    };
    const statuses = (): number[] =>
      [...load.statuses.keys()].filter((status) => ![200, 202].includes(status));
    let first = await start(previous.program);
    let second = await start(previous.program);
    try {
      load.start();
      await Promise.all([first, second].map((gateway) => balancer.add(gateway)));
      load.statuses.clear(); // nobody was ready at the very beginning
      await sleep(SERVES_MS);

      const { code, verdict } = await runScript(MIGRATE, [], environment);
      expect([code, verdict]).toEqual([0, expect.stringMatching(/^Up to date: /)]);
      await sleep(SERVES_MS);
      expect(statuses()).toEqual([]);

      first = await replace(first, start('dist', { MIGRATIONS: 'check' }));
      second = await replace(second, start('dist', { MIGRATIONS: 'check' }));
      await asTheNextReleaseMay();
      await sleep(SERVES_MS);
      expect(statuses()).toEqual([]);

      first = await replace(first, start(previous.program));
      second = await replace(second, start(previous.program));
      await sleep(SERVES_MS);
      expect(statuses()).toEqual([]);
    } finally {
      await load.stop();
      await first.end('SIGTERM');
      await second.end('SIGTERM');
      await balancer.close();
    }
    expect(await load.lost(sql)).toEqual({ codes: [], submissions: [] });
    const last = await start('dist');
    expect(await load.openCodes(sql, 70_000)).toBe(0);
    await last.end('SIGTERM');
    const { verdict } = await runScript(LEDGER, ['verify'], {
      ...environment,
      PUBLIC_URL: 'http://localhost:1',
    });
    expect(verdict).toMatch(/^INTACT: /);
    process.stdout.write(
      `${load.codes.length} codes and ${load.submissions.length} submissions acknowledged, 0 lost; answers by status: ` +
        `${JSON.stringify(Object.fromEntries(load.statuses))}\n`,
    );
    expect(Math.min(load.codes.length, load.submissions.length)).toBeGreaterThan(100);
  }, 600_000);
});

/** Expands every table while it is in use (docs/adr/0027): columns that may be left out, an index, a function. */
async function asTheNextReleaseMay(): Promise<void> {
  const { rows } = await sql.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'migration%'`,
  );
  for (const { name } of rows) {
    await patiently(`ALTER TABLE ${name} ADD COLUMN next_release text`);
    await sql.query(`CREATE INDEX CONCURRENTLY ON ${name} (next_release)`);
  }
  // Again and again: what is under way at that moment must not notice.
  for (let time = 1; time <= TIMES; time += 1)
    await patiently(`ALTER TABLE kyc_submission ADD COLUMN next_release_${time} text`);
  await sql.query(`CREATE FUNCTION ledger_append_3() RETURNS integer LANGUAGE sql AS 'SELECT 1'`);
}

/** As migrations do: a statement that waits lets the others pass, and tries again. */
async function patiently(statement: string): Promise<void> {
  for (;;)
    try {
      await sql.query(`BEGIN; SET LOCAL lock_timeout = '500ms'; ${statement}; COMMIT`);
      return;
    } catch (error) {
      await sql.query('ROLLBACK');
      if (!(error instanceof Error && 'code' in error && error.code === '55P03')) throw error;
      await sleep(100);
    }
}
