import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { createRole, type DatabaseRole } from '../support/database-role';
import { eventually } from '../support/eventually';
import { newPhone, OtpDesk } from '../support/otp-desk';
import { LEDGER, MIGRATE, type Outcome, runScript } from '../support/run-script';
import { customer, KTP, openedBy, verified } from '../support/submission-story';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, ownSettings, startTestGateway, type TestGateway } from '../support/test-gateway';

const OFFICE = backOffice('nanovest');

let owners: TestDatabase;
let owner: Client;
let role: DatabaseRole;

beforeAll(async () => {
  owners = await createTestDatabase();
  owner = new Client(owners.url);
  await owner.connect();
  role = await createRole();
});
afterAll(async () => {
  await owner?.end();
  await owners?.drop();
  await role?.drop();
});

function migrate(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
  return runScript(MIGRATE, args, { NODE_ENV: 'production', ...environment });
}

describe('npm run migrate', () => {
  it('makes everything in an empty database, says what and how long each took, and then that nothing is pending', async () => {
    await owner.query('DROP SCHEMA pgboss, public CASCADE; CREATE SCHEMA public');
    const first = await migrate({ DATABASE_URL: owners.url, NODE_ENV: 'test' });
    expect([first.code, first.complained]).toEqual([0, '']);
    expect(first.lines.slice(0, -1).length).toBeGreaterThanOrEqual(10);
    for (const line of first.lines.slice(0, -1))
      expect(line).toMatch(/^(\d{13}-[a-z-]+\.sql|job queue \(pg-boss\)) +\d+ ms$/);
    expect(first.verdict).toMatch(/^Up to date: \d+ applied in \d+\.\d s$/);
    const second = await migrate({ DATABASE_URL: owners.url, NODE_ENV: 'test' });
    expect([second.code, second.lines]).toEqual([0, ['Up to date: nothing was pending']]);
  });

  it('says in one line what is wrong', async () => {
    const nowhere = new URL(owners.url);
    nowhere.pathname = '/not_there';
    const end = await migrate({ DATABASE_URL: nowhere.href, NODE_ENV: 'test' });
    expect([end.code, end.complained]).toEqual([
      1,
      'Not migrated: the database: database "not_there" does not exist: create the database that DATABASE_URL names\n',
    ]);
    expect(await migrate({ NODE_ENV: 'test' })).toMatchObject({
      code: 78,
      complained: expect.stringContaining('DATABASE_URL is missing') as unknown,
    });
  });
});

describe('A gateway whose role was granted what it needs', () => {
  let folder: string;
  let gateway: TestGateway;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kyc-roles-'));
    const granted = await migrate({ DATABASE_URL: owners.url, NODE_ENV: 'test' }, '--grant', role.name);
    expect([granted.code, granted.complained]).toEqual([0, '']);
    gateway = await startTestGateway({
      database: { url: role.urlOf(owners.url), drop: () => Promise.resolve() },
      environment: { MIGRATIONS: 'check', LEDGER_CHECKPOINT_SECONDS: '1' },
    });
  });
  afterAll(async () => {
    await gateway?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves a person from the code to the approval, and forgets them', async () => {
    const desk = new OtpDesk(gateway);
    await desk.when(await desk.send({ identifier: newPhone() }), 'delivered');
    const who = customer();
    const { id } = await verified(gateway, who, KTP);
    await openedBy(gateway, who);
    await openedBy(gateway, who, 'satusehat');
    const approved = await gateway.http.post(`/v1/submissions/${id}/approve`).set('Authorization', OFFICE);
    expect(approved.status).toBe(200);
    await eventually(
      () => gateway.query(`SELECT FROM kyc_submission WHERE id = $1 AND status = 'shared'`, [id]),
      ({ length }) => length === 1,
    );
    await eventually(
      () => gateway.query('SELECT FROM ledger_checkpoint'),
      ({ length }) => length > 0,
    );
    const forgotten = await gateway.http.delete(`/v1/people/${who.phoneNumber}`).set('Authorization', OFFICE);
    expect(forgotten.body).toMatchObject({ status: 'restricted' });
    for (const args of [['verify'], ['rebuild', '--write'], ['export', '--business-unit', 'nanovest']]) {
      const out = args[0] === 'export' ? ['--out', join(folder, 'export.jsonl')] : [];
      expect(await runScript(LEDGER, [...args, ...out], gateway.environment)).toMatchObject({ code: 0 });
    }
    expect((await gateway.log()).filter((line) => line.includes('permission denied'))).toEqual([]);
    expect((await gateway.http.get('/health/ready')).body).toMatchObject({ status: 'ok' });
  }, 60_000);

  it.each([
    'ALTER TABLE kyc_event DISABLE TRIGGER USER',
    'DROP TRIGGER kyc_event_append_only ON kyc_event',
    'TRUNCATE kyc_event',
    'TRUNCATE kyc_submission',
    'DELETE FROM kyc_event',
    `UPDATE kyc_event SET type = 'x'`,
    'DELETE FROM ledger_checkpoint',
    'DELETE FROM ledger_restore',
    'ALTER TABLE person ADD COLUMN note text',
    'DROP TABLE person',
    'CREATE TABLE mine (id text)',
    'CREATE TABLE pgboss.mine (id text)',
    'CREATE SCHEMA mine',
    'CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
    `SET session_replication_role = 'replica'`,
    'DROP FUNCTION ledger_append(text, jsonb)',
    `INSERT INTO migration_role VALUES ('another')`,
    'DELETE FROM migration',
    'CREATE INDEX mine ON kyc_event (type)',
  ])('cannot: %s', async (statement) => {
    await expect(gateway.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('does not start while something is pending, and names the command', async () => {
    await owner.query(`DELETE FROM migration WHERE name LIKE 'migration-roles-%'`);
    const pending = await runScript('dist/main.js', [], { ...gateway.environment, ...ownSettings() });
    expect([pending.code, pending.complained]).toEqual([
      78,
      expect.stringMatching(
        /the database lacks what this version needs \(\d{13}-migration-roles\.sql\): run "npm run migrate" \(node dist\/migrate\.js\) first/,
      ),
    ]);
    await owner.query('DROP TABLE migration_role');
    await owner.query('CREATE TABLE later (id text)');
    const again = await migrate({
      DATABASE_URL: role.urlOf(owners.url),
      DATABASE_MIGRATION_URL: owners.url,
      NODE_ENV: 'test',
    });
    expect([again.code, again.lines.length]).toEqual([0, 2]);
  });

  it('is given by later migrations what those made', async () => {
    await migrate({ DATABASE_URL: owners.url, NODE_ENV: 'test' }, '--grant', role.name);
    expect(await gateway.query('SELECT FROM later')).toEqual([]);
    await owner.query('CREATE TABLE newest (id text)');
    await expect(gateway.query('SELECT FROM newest')).rejects.toMatchObject({ code: '42501' });
    await migrate({ DATABASE_URL: owners.url, NODE_ENV: 'test' });
    expect(await gateway.query('SELECT FROM newest')).toEqual([]);
  });

  it('starts on the schema of a newer version, as after a return to this one', async () => {
    await owner.query('UPDATE pgboss.version SET version = version + 1');
    const { lab, database } = gateway;
    const again = await startTestGateway({ lab, database, environment: { MIGRATIONS: 'check' } });
    expect((await again.http.get('/health/ready')).body).toMatchObject({ status: 'ok' });
    await again.close();
  });
});
