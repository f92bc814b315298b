import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { LEDGER, type Outcome, runScript } from '../support/run-script';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

/** A round of the ledger's scheduled tasks begins every second, and a chain is due after one. */
const ROUND_MS = 2_000;
const WITHIN_MS = 20_000;
const UNIT = 'nanovest';

let gateway: TestGateway;
let sql: Client;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kyc-rewritten-'));
  file = join(folder, 'checkpoints.jsonl');
  gateway = await startTestGateway({
    environment: { LEDGER_CHECKPOINT_SECONDS: '1', LEDGER_CHECKPOINT_FILE: file },
  });
  sql = new Client(gateway.database.url);
  await sql.connect();
}, 60_000);
afterAll(async () => {
  await sql?.end();
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Something happens to a person of the unit: two events. */
async function handIn(): Promise<void> {
  const body = {
    phoneNumber: `62856${randomInt(10_000_000, 99_999_999)}`,
    ...{ fullName: 'BUDI', nik: '3171010101900001', dateOfBirth: '1990-01-01', email: '' },
  };
  const { submissionId } = (
    await gateway.http.post('/v1/common-kyc').set('Authorization', backOffice(UNIT)).send(body)
  ).body as { submissionId: string };
  await eventually(
    () => sql.query(`SELECT FROM kyc_submission WHERE id = $1 AND status = 'shared'`, [submissionId]),
    ({ rowCount }) => rowCount === 1,
  );
}

interface Line {
  readonly seq: number;
  readonly hash: string;
  readonly reason?: string;
}

function kept(): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

async function end(): Promise<number> {
  const { rows } = await sql.query<{ seq: number }>(
    'SELECT seq::int FROM ledger_head WHERE business_unit = $1',
    [UNIT],
  );
  return rows[0]?.seq ?? 0;
}

/** The last event that is more than word of a checkpoint. */
async function happened(): Promise<number> {
  const { rows } = await sql.query<{ seq: number }>(
    `SELECT max(seq)::int AS seq FROM kyc_event WHERE business_unit = $1 AND type <> 'ledger.checkpoint'`,
    [UNIT],
  );
  return rows[0]?.seq ?? 0;
}

/** Waits until everything that happened is signed. */
async function signed(): Promise<void> {
  await eventually(
    async () => [kept().at(-1)?.seq, await happened()],
    ([last, seq]) => last === seq,
    WITHIN_MS,
  );
  expect(kept().at(-1)?.seq).toBe(await happened());
}

async function ready(at = gateway): Promise<readonly unknown[]> {
  const { status, body } = await at.http.get('/health/ready');
  const { status: overall, checks } = body as { status: string; checks: Record<string, string> };
  return [status, overall, checks['ledger']];
}

const SOUND = [200, 'ok', 'ok'];
const DEGRADED = [200, 'degraded', 'degraded'];

async function alarms(): Promise<number> {
  return (await gateway.log()).filter((line) => line.includes('the ledger chain does not hold')).length;
}

/** Changes the tables as their owner, who can switch off what keeps them append-only. */
async function asOwner(statement: string): Promise<void> {
  const tables = ['kyc_event', 'ledger_checkpoint'];
  const triggers = (what: string): string =>
    tables.map((table) => `ALTER TABLE ${table} ${what} TRIGGER USER`).join(';');
  await sql.query(`BEGIN; ${triggers('DISABLE')}; ${statement}; ${triggers('ENABLE')}; COMMIT`);
}

/** The chain up to an event and nothing of what came after: as a restored older dump, or as somebody would hide something. */
async function cutAfter(seq: number): Promise<void> {
  const later = `business_unit = '${UNIT}' AND seq > ${seq}`;
  await asOwner(`
    DELETE FROM kyc_submission WHERE business_unit = '${UNIT}' AND last_seq > ${seq};
    DELETE FROM kyc_submission_opening o WHERE NOT EXISTS (SELECT FROM kyc_submission s WHERE s.id = o.id);
    DELETE FROM kyc_event WHERE ${later}; DELETE FROM ledger_checkpoint WHERE ${later};
    UPDATE ledger_head h SET seq = ${seq}, hash = e.hash FROM kyc_event e
      WHERE h.business_unit = '${UNIT}' AND e.business_unit = h.business_unit AND e.seq = ${seq}`);
}

/** An export, with neither server nor database. */
function verify(args: readonly string[]): Promise<Outcome> {
  return runScript('launch/verify-ledger-export.mjs', args, {});
}

function ledger(args: readonly string[], environment = gateway.environment): Promise<Outcome> {
  return runScript(LEDGER, args, environment);
}

describe('a chain whose end was cut off together with its checkpoints', () => {
  let linesBefore: number;

  it('was signed before, also for a few events that waited long enough', async () => {
    await handIn();
    await handIn();
    await signed();
    expect(await ready()).toEqual(SOUND);
    expect(await alarms()).toBe(0);
  }, 60_000);

  it('is an alarm and degraded, and is not signed however it goes on', async () => {
    linesBefore = kept().length;
    await cutAfter(2);
    await handIn();
    await handIn();
    expect(await end()).toBeGreaterThan(4);
    await eventually(alarms, (count) => count > 0, WITHIN_MS);
    await sleep(ROUND_MS);
    expect(await alarms()).toBeGreaterThan(0);
    expect(await ready()).toEqual(DEGRADED);
    expect(kept()).toHaveLength(linesBefore);
  }, 60_000);

  it('is not exported either', async () => {
    const out = join(folder, 'export.jsonl');
    const exported = await ledger(['export', '--business-unit', UNIT, '--out', out]);
    expect([exported.code, exported.verdict]).toEqual([2, expect.stringMatching(/^NOTHING EXPORTED: /)]);
  }, 60_000);

  it('is noticed by a gateway that starts after it happened, by the checkpoint file', async () => {
    const { lab, database, environment } = gateway;
    const next = await startTestGateway({ lab, database, environment: { ...environment, PORT: '0' } });
    try {
      await eventually(
        () => ready(next),
        (state) => state[1] === 'degraded',
        WITHIN_MS,
      );
      expect(await ready(next)).toEqual(DEGRADED);
    } finally {
      await next.close();
    }
    expect(kept()).toHaveLength(linesBefore);
  }, 60_000);

  it('shows in an export that was made before nobody compared, once checkpoints from outside are given', async () => {
    const out = join(folder, 'export.jsonl');
    const { LEDGER_CHECKPOINT_FILE: _, ...unaware } = gateway.environment;
    const fresh = await ledger(['export', '--business-unit', UNIT, '--out', out], unaware);
    expect(fresh.verdict).toMatch(/^EXPORTED: /);
    expect((await verify([out])).verdict).toMatch(/^INTACT: .*without checkpoints from outside/);
    expect(await verify([out, '--checkpoints', file])).toMatchObject({
      code: 1,
      verdict: expect.stringMatching(
        /^NOT INTACT: event \d+ is not the one that the checkpoints from outside/,
      ),
    });
  }, 60_000);

  it('is not intact by what was kept outside, and nobody can tell without', async () => {
    await ledger(['rebuild', '--write']);
    const without = await ledger(['verify']);
    expect([without.code, without.verdict]).toEqual([
      0,
      expect.stringMatching(/^INTACT: .*without checkpoints from outside/),
    ]);
    const against = await ledger(['verify', '--checkpoints', file]);
    expect([against.code, against.verdict]).toEqual([1, expect.stringMatching(/^NOT INTACT: /)]);
  }, 60_000);

  it('is accepted by nobody without a reason that names nobody', async () => {
    const args = ['accept-restore', '--reason', 'as 3171010101900001 wished'];
    expect(await ledger(args)).toMatchObject({ code: 2 });
    expect(kept()).toHaveLength(linesBefore);
  }, 60_000);

  it('goes on once an operator accepted the restore, which is told outside and stays provable', async () => {
    const accepted = await ledger(['accept-restore', '--reason', 'the disk of Monday was lost']);
    expect([accepted.code, accepted.verdict]).toEqual([0, expect.stringMatching(/^ACCEPTED: /)]);
    expect(kept().at(-1)).toMatchObject({ reason: 'the disk of Monday was lost', seq: await end() });
    await handIn();
    await signed();
    expect(await ready()).toEqual(SOUND);
    const verified = await ledger(['verify', '--checkpoints', file]);
    expect([verified.code, verified.verdict]).toEqual([
      0,
      expect.stringMatching(/^INTACT: .*as the checkpoints from outside say/),
    ]);
    expect(verified.lines.join()).toContain('a restore was accepted at event');
    expect(verified.lines.join()).toContain('the disk of Monday was lost');
    expect(verified.lines).toContainEqual(
      expect.stringMatching(/^[1-9]\d* events that were signed before an accepted restore are lost/),
    );
    const out = join(folder, 'export.jsonl');
    expect((await ledger(['export', '--business-unit', UNIT, '--out', out])).verdict).toMatch(/^EXPORTED: /);
  }, 90_000);

  it('is no excuse for the next one', async () => {
    await cutAfter((await happened()) - 1);
    await eventually(ready, (state) => state[1] === 'degraded', WITHIN_MS);
    expect(await ready()).toEqual(DEGRADED);
    expect((await ledger(['accept-restore', '--reason', 'another disk', '--business-unit', UNIT])).code).toBe(
      0,
    );
    await eventually(ready, (state) => state[1] === 'ok', WITHIN_MS);
    expect(await ready()).toEqual(SOUND);
  }, 60_000);
});

describe('a checkpoint that somebody else wrote into the database', () => {
  it('is nothing to build on', async () => {
    await handIn();
    await signed();
    const { rows } = await sql.query<{ key_id: string }>('SELECT key_id FROM ledger_checkpoint LIMIT 1');
    const forged = `INSERT INTO ledger_checkpoint
      SELECT business_unit, seq + 1, hash, now(), '${String(rows[0]?.key_id)}', decode(repeat('ab', 64), 'hex') FROM ledger_head`;
    await sql.query(forged);
    await eventually(ready, (state) => state[1] === 'degraded', WITHIN_MS);
    expect(await ready()).toEqual(DEGRADED);
    await asOwner(`DELETE FROM ledger_checkpoint WHERE signature = decode(repeat('ab', 64), 'hex')`);
    await eventually(ready, (state) => state[1] === 'ok', WITHIN_MS);
    expect(await ready()).toEqual(SOUND);
  }, 60_000);
});
