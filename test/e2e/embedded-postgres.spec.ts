import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
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
import type * as FreePort from '../../launch/free-port';
import type { EmbeddedPostgres } from '../../launch/embedded-postgres';
import { freeLoopbackPort } from '../../launch/free-port';
import { eventually } from '../support/eventually';
import { familyOf, killPostgres, postmasterOf, stillRunning } from '../support/process-tree';
import { createTestDatabase } from '../support/test-database';

jest.mock('../../launch/free-port', () => {
  const actual = jest.requireActual<typeof FreePort>('../../launch/free-port');
  return { ...actual, freeLoopbackPort: jest.fn(actual.freeLoopbackPort) };
});

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
    await killPostgres(postgres.cluster);
    await expect(ask(postgres.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await postgres.restart();
    expect(await ask(postgres.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });

  it('starts on the folder of a server that was killed, even if its process id now belongs to another program', async () => {
    await killPostgres(postgres.cluster);
    const lockFile = join(dataDir, 'postgres', 'postmaster.pid');
    const [, ...rest] = readFileSync(lockFile, 'utf8').split('\n');
    writeFileSync(lockFile, [process.pid, ...rest].join('\n'));
    await postgres.restart();
    expect(await ask(postgres.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });

  it('says so when it ends without having been asked to', async () => {
    const other = folder(0o711);
    const lastWords = await new Promise<string>((resolve, reject) => {
      startEmbeddedPostgres({ dataDir: other, settings: { fsync: 'off' }, onUnexpectedEnd: resolve }).then(
        ({ cluster }) => process.kill(postmasterOf(cluster), 'SIGINT'),
        reject,
      );
    });
    expect(lastWords).toBe('it said nothing');
    rmSync(other, { recursive: true });
  });

  it('repeats what PostgreSQL said when it does not start', async () => {
    const other = folder(0o711);
    const settings = { fsync: 'off', shared_buffers: '1kB' };
    await expect(startEmbeddedPostgres({ dataDir: other, settings })).rejects.toThrow(
      /^PostgreSQL did not start \(.*shared_buffers.*\); its whole log is .*postgres\.log\.$/,
    );
    rmSync(other, { recursive: true });
  });

  it('takes another port when somebody else took the one that was free a moment before', async () => {
    const other = folder(0o711);
    const taken = postgres.port;
    jest.mocked(freeLoopbackPort).mockResolvedValueOnce(taken);
    const second = await startEmbeddedPostgres({ dataDir: other, settings: { fsync: 'off' } });
    expect(second.port).not.toBe(taken);
    expect(await ask(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.remove();
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

  it('refuses data that was made before the first release, and says what to do', async () => {
    const other = folder(0o711);
    writeFileSync(join(other, 'postgres.json'), '{"port":1,"superuserPassword":"a","password":"b"}');
    await expect(startEmbeddedPostgres({ dataDir: other })).rejects.toThrow(
      `The database in ${other} was made before the first release and cannot be used any more: ` +
        'delete that folder to start afresh, or set DATA_DIR to another one.',
    );
    rmSync(other, { recursive: true });
  });
});

/** A launcher of its own process that starts PostgreSQL, prints its port, and then does what it is told. */
async function launcher(dataDir: string, then: string): Promise<ChildProcess> {
  const program = `
    require('tsx/cjs');
    const { startEmbeddedPostgres } = require('./launch/embedded-postgres.ts');
    startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, settings: { fsync: 'off' } }).then(({ port }) => {
      console.log(port);
      setTimeout(() => { ${then} }, 100);
    });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}

describe('PostgreSQL, when its launcher ends', () => {
  const dataDir = folder(0o711);
  const cluster = join(dataDir, 'postgres');
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it.each([
    ['by an exception', `throw new Error('a mistake')`, null],
    ['by process.exit', 'process.exit(0)', null],
    ['by SIGTERM', '', 'SIGTERM'],
    ['by SIGINT', '', 'SIGINT'],
    ['by SIGHUP', '', 'SIGHUP'],
    ['by SIGKILL', '', 'SIGKILL'],
  ] as const)('ends too: %s', async (_how, then, signal) => {
    const child = await launcher(dataDir, then);
    const family = familyOf(postmasterOf(cluster));
    expect(family.length).toBeGreaterThan(3);
    if (signal) child.kill(signal);
    const left = await eventually(
      () => Promise.resolve(stillRunning(family)),
      (pids) => pids.length === 0,
    );
    expect(left).toEqual([]);
  });

  it('is stopped by the next launcher when the watchdog was killed as well', async () => {
    const child = await launcher(dataDir, '');
    const [, ...others] = familyOf(child.pid ?? 0);
    const postmaster = postmasterOf(cluster);
    for (const pid of [child.pid ?? 0, ...others]) process.kill(pid, 'SIGKILL');
    expect(stillRunning([postmaster])).toEqual([postmaster]);
    const next = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
    expect(stillRunning([postmaster])).toEqual([]);
    expect(await ask(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await next.remove();
  });
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('Root below a folder that admits only root', () => {
  it('keeps the data in /var/lib, and deletes it with the rest', async () => {
    const closed = folder(0o700);
    const dataDir = join(closed, 'data');
    mkdirSync(dataDir, { mode: 0o711 });
    const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
    expect(postgres.cluster).toMatch(/^\/var\/lib\/kyc-gateway\//);
    expect(readlinkSync(join(dataDir, 'postgres'))).toBe(postgres.cluster);
    expect(await ask(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await postgres.remove();
    expect(existsSync(postgres.cluster)).toBe(false);
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
