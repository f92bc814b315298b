import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { freePorts } from '../../lab/free-ports.fixture';
import { buildWhenStale } from '../../launch/build';
import { BARE } from '../support/bare-environment';
import { eventually } from '../support/eventually';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { backOffice, ownSettings, UNITS } from '../support/test-gateway';
import { testServer } from '../support/test-server';

jest.setTimeout(60_000);

let lab: Lab;
let database: TestDatabase;
let environment: Record<string, string>;
let port: number;
let gateway: ChildProcess;
let said: string;

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS });
  database = await createTestDatabase();
  environment = { ...lab.environment(), ...ownSettings(), DATABASE_URL: database.url, LOG_LEVEL: 'info' };
});
afterAll(async () => {
  gateway?.kill('SIGKILL');
  await lab?.close();
  await database?.drop();
});

async function start(stdout: 'pipe' | number = 'pipe'): Promise<void> {
  gateway?.kill('SIGKILL');
  port = await freePorts(1);
  gateway = spawn(process.execPath, [join('dist', 'main.js')], {
    env: {
      ...BARE,
      ...environment,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
    },
    stdio: ['ignore', stdout, 'inherit'],
  });
  said = '';
  gateway.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  expect(await eventually(list, (status) => status === 200, 30_000)).toBe(200);
}

/** The status of a list of submissions; 0 when nobody answers. */
async function list(): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/submissions`, {
    headers: { authorization: backOffice('nanovest'), connection: 'close' },
  }).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.status ?? 0;
}

/** Asks for a tunnel, reads why there is none, and resets the connection instead of ending it. */
async function asAProxy(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n');
  await once(socket, 'data');
  socket.resetAndDestroy();
  await once(socket, 'close');
}

describe('A gateway lives on', () => {
  beforeAll(() => start());

  it('when a client that took it for a proxy resets the connection', async () => {
    await Promise.all(Array.from({ length: 20 }, asAProxy));
    expect(await list()).toBe(200);
  });

  it('when notifications in the database hold anything', async () => {
    const sql = new Client(database.url);
    await sql.connect();
    for (const channel of ['kyc_jobs', 'kyc_ledger'])
      for (const payload of ['', 'garbage', '{"a":', 'null', '__proto__', 'x'.repeat(7_000)])
        await sql.query('SELECT pg_notify($1, $2)', [channel, payload]);
    await sql.end();
    expect(await list()).toBe(200);
  });

  it('when the database takes no connections for a while: callers hear 503, the log says why', async () => {
    const name = new URL(database.url).pathname.slice(1);
    const admin = new Client(testServer().adminUrl);
    await admin.connect();
    try {
      await admin.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS false`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
      expect(await eventually(list, (status) => status !== 200)).toBe(503);
      const why = /"reason":"database [^"]*\\"[^,]* is not currently accepting connections"/;
      // The first answers may be those of connections that were just ended.
      const asked = async (): Promise<string> => {
        expect(await list()).toBe(503);
        return said;
      };
      expect(await eventually(asked, (lines) => why.test(lines))).toMatch(why);
    } finally {
      await admin.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`);
      await admin.end();
    }
    expect(await eventually(list, (status) => status === 200)).toBe(200);
  });

  it('when its log is on a disk that is full, and stops when it is told to', async () => {
    const full = openSync('/dev/full', 'w');
    await start(full);
    closeSync(full);
    for (let count = 0; count < 100; count += 1) expect(await list()).toBe(200);
    gateway.kill('SIGTERM');
    expect(await once(gateway, 'exit')).toEqual([0, null]);
  });

  it('when nobody reads its log, and stops when it is told to', async () => {
    await start();
    gateway.stdout?.pause();
    for (let count = 0; count < 300; count += 1) expect(await list()).toBe(200);
    gateway.kill('SIGTERM');
    expect(await once(gateway, 'exit')).toEqual([0, null]);
  });

  it('when the reader of its log goes away', async () => {
    await start();
    gateway.stdout?.destroy();
    for (let count = 0; count < 100; count += 1) expect(await list()).toBe(200);
  });

  it('no longer than it is told to, when the reader of its log went away a moment before', async () => {
    await start();
    gateway.stdout?.destroy();
    gateway.kill('SIGTERM');
    expect(await once(gateway, 'exit')).toEqual([0, null]);
  });
});
