import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from '../../../../test/support/eventually';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { migrate, pendingSteps } from './migrate';

let database: TestDatabase;
let sql: Client;
let folder: string;
let said: string[];

const progress = {
  applied: (step: string) => void said.push(step),
  waiting: (words: string) => void said.push(`waiting ${words}`),
};

beforeEach(async () => {
  said = [];
  folder = mkdtempSync(join(tmpdir(), 'kyc-migrations-'));
  cpSync('migrations', folder, { recursive: true });
  database = await createTestDatabase();
  sql = new Client(database.url);
  await sql.connect();
});
afterEach(async () => {
  await sql.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

function add(name: string, text: string): string {
  const file = `1999999999999-${name}.sql`;
  writeFileSync(join(folder, file), text);
  return file;
}

function run(queues: { name: string }[] = []): Promise<void> {
  return migrate({ url: database.url, ssl: false }, { queues, folder }, progress);
}

const pending = (): Promise<string[]> =>
  pendingSteps({ url: database.url, ssl: false }, { queues: [], folder });

describe('migrations', () => {
  it('take as long as they take, whatever time limit the database has for others', async () => {
    const file = add('slow', 'CREATE TABLE slow AS SELECT pg_sleep(0.5)::text AS slept;');
    const name = new URL(database.url).pathname.slice(1);
    await sql.query(`ALTER DATABASE "${name}" SET statement_timeout = 100`);
    await run();
    expect(said).toEqual([file]);
    expect((await sql.query('SELECT FROM slow')).rowCount).toBe(1);
  });

  it('let those pass who use the table, and try again until nobody does', async () => {
    const file = add('column', 'ALTER TABLE person ADD COLUMN note text;');
    await sql.query('BEGIN; SELECT FROM person');
    const migrated = run();
    await eventually(
      () => Promise.resolve(said),
      (lines) => lines.length > 0,
      20_000,
    );
    expect(said).toEqual(['waiting for a table that others use']);
    await sql.query('COMMIT');
    await migrated;
    expect(said.at(-1)).toBe(file);
  });

  it('build an index without holding up those who write', async () => {
    const file = add(
      'index',
      '-- transaction: none\nCREATE INDEX CONCURRENTLY person_created ON person (business_unit, created_at);',
    );
    await run();
    expect(said).toEqual([file]);
    expect((await sql.query(`SELECT FROM pg_indexes WHERE indexname = 'person_created'`)).rowCount).toBe(1);
  });

  it('that fail leave nothing, say which it was, and run at the next try', async () => {
    const file = add('wrong', 'CREATE TABLE half (id text); SELECT 1/0;');
    await expect(run()).rejects.toThrow(`migrations/${file}: division by zero`);
    expect([await pending(), said]).toEqual([[file], []]);
    writeFileSync(join(folder, file), 'CREATE TABLE half (id text);');
    await run();
    expect([await pending(), said]).toEqual([[], [file]]);
  });

  it('make the queues that a new version works on', async () => {
    await run([{ name: 'new-errand' }]);
    expect(said).toEqual(['job queue (pg-boss)']);
    expect((await sql.query(`SELECT FROM pgboss.queue WHERE name = 'new-errand'`)).rowCount).toBe(1);
  });

  it('wait while another process migrates, and say so every five seconds', async () => {
    const real = performance.now.bind(performance);
    const faster = jest.spyOn(performance, 'now').mockImplementation(() => real() * 20);
    try {
      await sql.query('SELECT pg_advisory_lock($1)', [0x6b7963]);
      const migrated = run();
      await eventually(
        () => Promise.resolve(said),
        (lines) => lines.length > 0,
        200_000, // by the clock that runs so fast
      );
      await sql.query('SELECT pg_advisory_unlock($1)', [0x6b7963]);
      await migrated;
      expect(said[0]).toMatch(/^waiting for the migrations of another process \(\d*[05] s\)$/);
    } finally {
      faster.mockRestore();
    }
  });

  it.each([
    ['who is not there', 'nobody_there', 'there is no role nobody_there: create it first'],
    ['who owns it all', '', 'may do more than the program needs: it belongs to'],
  ])('grant nothing to somebody %s', async (_, name, words) => {
    const role = name || new URL(database.url).username;
    const at = { url: database.url, ssl: false } as const;
    await expect(migrate(at, { queues: [], folder }, progress, role)).rejects.toThrow(words);
    expect((await sql.query('SELECT FROM migration_role')).rowCount).toBe(0);
    expect((await sql.query('SELECT FROM person')).rowCount).toBe(0);
  });
});
