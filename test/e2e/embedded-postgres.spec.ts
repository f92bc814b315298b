import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../launch/embedded-postgres';
import type { EmbeddedPostgres } from '../../launch/embedded-postgres';
import { createTestDatabase } from '../support/test-database';

async function ask<Row extends object = Record<string, unknown>>(
  url: string,
  statement: string,
): Promise<Row[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

function folder(mode: number): string {
  const made = mkdtempSync(join(tmpdir(), 'kyc-gateway-test-'));
  chmodSync(made, mode);
  return made;
}

describe('The embedded PostgreSQL', () => {
  const dataDir = folder(0o711);
  let postgres: EmbeddedPostgres;

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ dataDir });
  });

  afterAll(async () => {
    await postgres.remove();
    rmSync(dataDir, { recursive: true });
  });

  it('gives the gateway a role that owns its database and has no further rights', async () => {
    const [role] = await ask(
      postgres.url,
      `SELECT current_user AS role, pg_get_userbyid(datdba) AS owner, rolsuper, rolcreatedb, rolcreaterole
         FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user`,
    );
    expect(role).toEqual({
      role: 'kyc_gateway',
      owner: 'kyc_gateway',
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
    });
  });

  it('writes every commit to disk before it answers', async () => {
    const rows = await ask(
      postgres.url,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name`,
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['fsync', 'on'],
      ['full_page_writes', 'on'],
      ['synchronous_commit', 'on'],
    ]);
  });

  it('listens on the loopback interface only and wants the password', async () => {
    const [row] = await ask<{ listen_addresses: string }>(postgres.url, 'SHOW listen_addresses');
    expect(row?.listen_addresses).toBe('127.0.0.1');
    const stranger = new URL(postgres.url);
    stranger.password = 'guessed';
    await expect(ask(stranger.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('keeps its passwords where only its owner can read them', () => {
    expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
  });

  it('keeps what was committed when every one of its processes is killed', async () => {
    await ask(postgres.url, 'CREATE TABLE kept (n int)');
    await ask(postgres.url, 'INSERT INTO kept VALUES (1)');
    await postgres.kill();
    await expect(ask(postgres.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await postgres.restart();
    expect(await ask(postgres.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });

  it('starts on the folder of a server that was killed, even if its process id now belongs to another program', async () => {
    await postgres.kill();
    const lockFile = join(dataDir, 'postgres', 'postmaster.pid');
    const [, ...rest] = readFileSync(lockFile, 'utf8').split('\n');
    writeFileSync(lockFile, [process.pid, ...rest].join('\n'));
    await postgres.restart();
    expect(await ask(postgres.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });

  it('refuses the folder that another launcher uses, and leaves that one alone', async () => {
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      /already runs on .*postgres: .*DATA_DIR/,
    );
    expect(await ask(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says so when it ends without having been asked to', async () => {
    const other = folder(0o711);
    const lastWords = await new Promise<string>((resolve, reject) => {
      startEmbeddedPostgres({ dataDir: other, settings: { fsync: 'off' }, onUnexpectedEnd: resolve }).then(
        () => {
          const lockFile = readFileSync(join(other, 'postgres', 'postmaster.pid'), 'utf8');
          process.kill(Number(lockFile.split('\n')[0]), 'SIGINT');
        },
        reject,
      );
    });
    expect(lastWords).toBe('it said nothing');
    rmSync(other, { recursive: true });
  });

  it('says what to do when the passwords of existing data are gone', async () => {
    const other = folder(0o711);
    mkdirSync(join(other, 'postgres'));
    writeFileSync(join(other, 'postgres', 'PG_VERSION'), '18');
    await expect(startEmbeddedPostgres({ dataDir: other })).rejects.toThrow(
      /postgres\.json.* is gone: put it back, or delete/,
    );
    rmSync(other, { recursive: true });
  });
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('Root below a folder that admits only root', () => {
  it('keeps the data in /var/lib, says so, and deletes it with the rest', async () => {
    const closed = folder(0o700);
    const dataDir = join(closed, 'data');
    mkdirSync(dataDir, { mode: 0o711 });
    const notices: string[] = [];
    const postgres = await startEmbeddedPostgres({
      dataDir,
      settings: { fsync: 'off' },
      notice: (line) => notices.push(line),
    });
    const cluster = readlinkSync(join(dataDir, 'postgres'));
    expect(cluster).toMatch(/^\/var\/lib\/kyc-gateway\//);
    expect(notices).toEqual([expect.stringContaining(cluster)]);
    expect(await ask(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await postgres.remove();
    expect(existsSync(cluster)).toBe(false);
    expect(lstatSync(join(dataDir, 'postgres'), { throwIfNoEntry: false })).toBeUndefined();
    rmSync(closed, { recursive: true });
  });
});

describe('The test databases', () => {
  it('are separate, and owned by the role that the gateway uses', async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await ask(first.url, 'CREATE TABLE mine (n int)');
    await expect(ask(second.url, 'SELECT n FROM mine')).rejects.toThrow(/does not exist/);
    await Promise.all([first.drop(), second.drop()]);
    await expect(ask(first.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
  });
});
