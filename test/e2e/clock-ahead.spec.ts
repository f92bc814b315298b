import { randomInt, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import { eventually } from '../support/eventually';
import { GatewayProcess } from '../support/gateway-process';
import { MovedClock } from '../support/moved-clock';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, basic, ownSettings, UNITS } from '../support/test-gateway';

/** Of two processes on one database, both serving and working, one has a clock that is a day ahead. */
const clock = new MovedClock(24);
let lab: Lab;
let database: TestDatabase;
let sql: Client;
let ahead: GatewayProcess;
let right: GatewayProcess;

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS, gtfProcessingMs: 50 });
  database = await createTestDatabase();
  sql = new Client(database.url);
  await sql.connect();
  const environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: database.url,
    LOG_LEVEL: 'fatal',
    LEDGER_CHECKPOINT_SECONDS: '1',
    GTF_POLL_SCHEDULE: '1,60',
  };
  ahead = await GatewayProcess.prepare((url) => ({
    ...environment,
    ...clock.environment,
    PUBLIC_URL: url,
  }));
  // It answers, and leaves the work to the other one.
  right = await GatewayProcess.prepare((url) => ({ ...environment, PUBLIC_URL: url, ROLE: 'api' }));
  await Promise.all([ahead.start(), right.start()]);
}, 180_000);
afterAll(async () => {
  await Promise.all([ahead, right].map((gateway) => gateway?.end('SIGKILL')));
  await sql?.end();
  await database?.drop();
  await lab?.close();
  clock.remove();
});

const OFFICE = backOffice('nanovest');

function handIn(at: GatewayProcess, phoneNumber: string, key: string): Promise<Response> {
  return fetch(`${at.url}/v1/common-kyc`, {
    method: 'POST',
    headers: { authorization: OFFICE, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({
      phoneNumber,
      ...{ fullName: 'BUDI', nik: '3171010101900001', dateOfBirth: '1990-01-01', email: '' },
    }),
  });
}

function newPhone(): string {
  return `62856${randomInt(10_000_000, 99_999_999)}`;
}

/** Rows of a table whose instant is not of the last minute. */
async function misdated(table: string, column: string): Promise<unknown[]> {
  const { rows } = await sql.query<object>(
    `SELECT * FROM ${table} WHERE ${column} NOT BETWEEN now() - interval '1 minute' AND now()`,
  );
  return rows;
}

describe('a process whose clock is a day ahead', () => {
  it('dates what happens to people by the database’s clock', async () => {
    const answer = await handIn(ahead, newPhone(), randomUUID());
    const { submissionId } = (await answer.json()) as { submissionId: string };
    await eventually(
      () => sql.query(`SELECT FROM kyc_submission WHERE id = $1 AND status = 'shared'`, [submissionId]),
      ({ rowCount }) => rowCount === 1,
    );
    const identity = await fetch(`${ahead.url}/v1/submissions/${submissionId}/identity?purpose=audit`, {
      headers: { authorization: OFFICE },
    });
    expect(identity.status).toBe(200);
    const { rows } = await sql.query<{ type: string }>(
      `SELECT type FROM kyc_event WHERE type <> 'ledger.checkpoint' ORDER BY seq`,
    );
    expect(rows.map(({ type }) => type)).toEqual(['kyc.opened', 'common_kyc.shared', 'identity.read']);
    for (const [table, column] of [
      ['kyc_event', 'at'],
      ['kyc_submission', 'created_at'],
      ['kyc_submission', 'updated_at'],
      ['vault_entry', 'created_at'],
      ['person', 'created_at'],
      ['person', 'retained_from'],
      ['common_kyc_share', 'accepted_at'],
      ['idempotency_key', 'claimed_at'],
    ] as const)
      expect([table, column, await misdated(table, column)]).toEqual([table, column, []]);
  });

  it('dates and signs what is sent to units’ back ends by that clock', async () => {
    const tried = await eventually(
      () => sql.query(`SELECT FROM event_delivery WHERE attempts <> '[]'`),
      ({ rowCount }) => (rowCount ?? 0) > 0,
      20_000,
    );
    expect(tried.rowCount).toBeGreaterThan(0);
    expect(await misdated('event_delivery', `(attempts->-1->>'startedAt')::timestamptz`)).toEqual([]);
  }, 30_000);

  it('keeps SIMAS-ID’s keys by that clock', async () => {
    const kept = await eventually(
      () => sql.query('SELECT FROM jwks_snapshot'),
      ({ rowCount }) => rowCount === 1,
    );
    expect(kept.rowCount).toBe(1);
    expect(await misdated('jwks_snapshot', 'fetched_at')).toEqual([]);
  });

  it('signs by that clock as well', async () => {
    await eventually(
      () => sql.query('SELECT FROM ledger_checkpoint'),
      ({ rowCount }) => (rowCount ?? 0) > 0,
      20_000,
    );
    expect((await sql.query('SELECT FROM ledger_checkpoint')).rowCount).toBeGreaterThan(0);
    expect(await misdated('ledger_checkpoint', 'at')).toEqual([]);
  }, 30_000);

  it('knows a request that the other one answered, and is known to it', async () => {
    for (const [first, second] of [
      [right, ahead],
      [ahead, right],
    ] as const) {
      const [phoneNumber, key] = [newPhone(), randomUUID()];
      const answer = await (await handIn(first, phoneNumber, key)).text();
      const again = await handIn(second, phoneNumber, key);
      expect([again.status, await again.text()]).toEqual([202, answer]);
      expect(again.headers.get('idempotency-hit')).toBe('true');
    }
  });

  it('does not give up on data that waits for its partner', async () => {
    lab.commonKyc.faults.next({ method: 'POST', status: 503, body: {}, times: 3 });
    const answer = await handIn(right, newPhone(), randomUUID());
    const { submissionId } = (await answer.json()) as { submissionId: string };
    const { rows } = await eventually(
      () => sql.query<{ status: string }>(`SELECT status FROM kyc_submission WHERE id = $1`, [submissionId]),
      ({ rows: [row] }) => row?.status !== 'approved',
      25_000,
    );
    expect(rows).toEqual([{ status: 'shared' }]);
  }, 30_000);

  it('does not give up on a person who is still at GTF', async () => {
    const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: newPhone() });
    const opened = await fetch(`${right.url}/v1/gtf/identity-verifications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ source: 'SDK' }),
    });
    const { submissionId } = (await opened.json()) as { submissionId: string };
    const { rows } = await eventually(
      () =>
        sql.query<{ polls: number }>(
          'SELECT polls FROM gtf_session WHERE submission_id = $1 AND polls_from IS NOT NULL',
          [submissionId],
        ),
      ({ rows: [row] }) => (row?.polls ?? 0) > 0,
      20_000,
    );
    expect(rows).toEqual([{ polls: 1 }]);
    const jobs = await sql.query<{ due: number }>(
      `SELECT extract(epoch FROM start_after - now())::int AS due FROM pgboss.job
        WHERE name = 'gtf-status-poll' AND data->>'submissionId' = $1 AND state = 'created'`,
      [submissionId],
    );
    expect(jobs.rows).toEqual([{ due: expect.closeTo(58, -1) }]);
  }, 30_000);

  it('keeps the way back to GTF’s page for as long as GTF does, and finds it until then', async () => {
    const phoneNumber = newPhone();
    const now = Math.floor(Date.now() / 1000);
    const headersAt = (seconds: number): Record<string, string> => {
      const overrides = { iat: seconds, exp: seconds + 300 };
      const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber, overrides });
      return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    };
    const places = [
      { url: ahead.url, headers: headersAt(now + 86_400) },
      { url: right.url, headers: headersAt(now) },
    ] as const;
    const [{ url, headers }] = places;
    const page = 'https://nanovest.example/done';
    const started = await fetch(`${url}/v1/gtf/flows`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        ...{ flow: 'KTP_SCAN', source: 'WEB_SDK' },
        ...{ successRedirectionUrl: page, failureRedirectionUrl: page },
      }),
    });
    const answer = (await started.json()) as Record<'submissionId' | 'launchUrl' | 'expiresAt', string>;
    const { submissionId, launchUrl, expiresAt } = answer;
    const lives = await sql.query<Record<'said' | 'kept' | 'dropped', number>>(
      `SELECT extract(epoch FROM $2::timestamptz - now())::int AS said,
              extract(epoch FROM launch_expires_at - now())::int AS kept,
              extract(epoch FROM start_after - now())::int AS dropped
         FROM gtf_session s JOIN pgboss.job j
           ON j.name = 'gtf-drop-urls' AND j.data->>'submissionId' = s.submission_id::text
        WHERE s.submission_id = $1`,
      [submissionId, expiresAt],
    );
    const life: unknown = expect.closeTo(5_184_000, -2);
    expect(lives.rows).toEqual([{ said: life, kept: life, dropped: life }]);
    await sql.query(
      `UPDATE gtf_session SET launch_expires_at = now() + interval '1 hour' WHERE submission_id = $1`,
      [submissionId],
    );
    for (const place of places) {
      const shown = await fetch(`${place.url}/v1/submissions/${submissionId}`, { headers: place.headers });
      expect(await shown.json()).toMatchObject({ launchUrl });
    }
  });

  it('keeps nobody out for a day who failed too often within a minute', async () => {
    const wrong = { authorization: basic('nanovest-office', 'guessed') };
    const tries = async (at: GatewayProcess): Promise<number | undefined> => at.ask('/v1/submissions', wrong);
    expect(
      await eventually(
        () => tries(ahead),
        (status) => status === 429,
      ),
    ).toBe(429);
    expect(await tries(right)).toBe(401);
  });
});
