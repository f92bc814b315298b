import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Lab, startLab } from '../../lab';
import { freePorts } from '../../lab/free-ports.fixture';
import { buildWhenStale } from '../../launch/build';
import { BARE } from '../support/bare-environment';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { ownSettings, UNITS } from '../support/test-gateway';
import { testServer } from '../support/test-server';
import { startTransactionPooler } from '../support/transaction-pooler';

jest.setTimeout(60_000);

let lab: Lab;
let database: TestDatabase;
let environment: Record<string, string>;

beforeAll(async () => {
  await buildWhenStale();
  lab = await startLab({ units: UNITS });
  database = await createTestDatabase();
  environment = {
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: database.url,
    PUBLIC_URL: 'https://kyc.example.org',
    LOG_LEVEL: 'info',
  };
});
afterAll(async () => {
  await lab?.close();
  await database?.drop();
});

interface End {
  readonly code: unknown;
  readonly said: string;
  readonly complained: string;
}

/** A gateway that is expected to end by itself; one that is ready is told to stop. */
async function start(changed: Record<string, string>, hear?: (line: string) => void): Promise<End> {
  const child = spawn(process.execPath, [join('dist', 'main.js')], {
    env: {
      ...BARE,
      ...environment,
      PORT: String(await freePorts(1)),
      ...changed,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    hear?.(chunk.toString());
    if (said.includes('"msg":"ready"')) child.kill('SIGTERM');
  });
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, said, complained };
}

function withUrl(change: (url: URL) => void): { DATABASE_URL: string } {
  const url = new URL(database.url);
  change(url);
  return { DATABASE_URL: url.href };
}

async function asAdmin(url: string, ...statements: string[]): Promise<void> {
  const client = new Client(url);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

describe('A gateway that may not use its database', () => {
  it('says in one line that the password is wrong, at once', async () => {
    const wrong = randomBytes(12).toString('hex');
    const end = await start(withUrl((url) => (url.password = wrong)));
    expect(end).toEqual({
      code: 1,
      said: '',
      complained: expect.stringMatching(
        /^The gateway cannot start: the database: password authentication failed for user "\w+": user and password of DATABASE_URL do not fit\n$/,
      ) as unknown,
    });
    expect(end.complained).not.toContain(wrong);
  });

  it('says in one line that there is no such database, at once', async () => {
    const end = await start(withUrl((url) => (url.pathname = '/not_there')));
    expect(end).toEqual({
      code: 1,
      said: '',
      complained:
        'The gateway cannot start: the database: database "not_there" does not exist: create the database that DATABASE_URL names\n',
    });
  });

  it.each([
    ['in its schema', 'USAGE', 'schema public'],
    ['but in its schema', 'ALL', 'database "?\\w+"?'],
  ])('says in one line that it may create nothing %s, at once', async (_where, privilege, of) => {
    const empty = await createTestDatabase();
    const { adminUrl } = testServer();
    const admin = new URL(adminUrl);
    admin.pathname = new URL(empty.url).pathname;
    const [role, password] = [`guest_${randomBytes(4).toString('hex')}`, randomBytes(12).toString('hex')];
    await asAdmin(
      admin.href,
      'DROP SCHEMA public, pgboss CASCADE',
      'CREATE SCHEMA public',
      `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`,
      `GRANT ${privilege} ON SCHEMA public TO ${role}`,
    );
    try {
      const url = new URL(empty.url);
      url.username = role;
      url.password = password;
      const { code, complained } = await start({ DATABASE_URL: url.href });
      expect(code).toBe(1);
      expect(complained).toMatch(
        new RegExp(
          `^The gateway cannot start: the database: permission denied for ${of}: make the role of DATABASE_URL the owner of its database and schema, or give it what it needs: npm run migrate -- --grant ROLE\n$`,
        ),
      );
    } finally {
      await empty.drop();
      await asAdmin(adminUrl, `DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => undefined);
    }
  });

  it('says in one line that the tables are another role’s, at once', async () => {
    const theirs = await createTestDatabase();
    const { adminUrl } = testServer();
    const admin = new URL(adminUrl);
    const url = new URL(theirs.url);
    admin.pathname = url.pathname;
    [url.username, url.password] = [
      `guest_${randomBytes(4).toString('hex')}`,
      randomBytes(12).toString('hex'),
    ];
    await asAdmin(
      admin.href,
      `CREATE ROLE ${url.username} LOGIN PASSWORD '${url.password}'`,
      `GRANT ALL ON DATABASE "${url.pathname.slice(1)}" TO ${url.username}`,
      `GRANT ALL ON SCHEMA public TO ${url.username}`,
    );
    try {
      const { code, said, complained } = await start({ DATABASE_URL: url.href });
      expect([code, said]).toEqual([1, '']);
      expect(complained).toMatch(
        /^The gateway cannot start: the database: permission denied for table \w+: make the role of DATABASE_URL the owner of its database and schema, or give it what it needs: npm run migrate -- --grant ROLE\n$/,
      );
    } finally {
      await theirs.drop();
      await asAdmin(adminUrl, `DROP OWNED BY ${url.username}; DROP ROLE ${url.username}`).catch(
        () => undefined,
      );
    }
  });

  it('refuses a pooler in transaction mode in words, as a problem of the configuration', async () => {
    const pooler = await startTransactionPooler(database.url);
    try {
      const end = await start({ DATABASE_URL: pooler.url });
      expect(end.code).toBe(78);
      expect(end.complained).toMatch(
        /DATABASE_URL leads to a connection pooler in transaction or statement mode/,
      );
    } finally {
      await pooler.close();
    }
  });

  it('says in one line that its database was made before the first release, and what to do', async () => {
    const old = await createTestDatabase();
    await asAdmin(
      old.url,
      `INSERT INTO migration ("timestamp", name) VALUES (1763800000001, 'ledger-1763800000001')`,
    );
    try {
      expect(await start({ DATABASE_URL: old.url })).toEqual({
        code: 1,
        said: '',
        complained:
          'The gateway cannot start: the database: it was made before the first release, by migrations that this version does ' +
          'not have (ledger-1763800000001), and cannot be used any more: drop it, or give DATABASE_URL an empty one\n',
      });
    } finally {
      await old.drop();
    }
  });

  it('starts on a database that a newer version has changed, as in a rolling update', async () => {
    const newer = await createTestDatabase();
    await asAdmin(
      newer.url,
      `INSERT INTO migration ("timestamp", name) VALUES (1999999999999, 'newer-1999999999999')`,
    );
    try {
      expect((await start({ DATABASE_URL: newer.url })).code).toBe(0);
    } finally {
      await newer.drop();
    }
  });

  it('says that a server which is to be reached over TLS offers none', async () => {
    const end = await start(withUrl((url) => url.searchParams.set('sslmode', 'require')));
    expect(end.code).toBe(1);
    expect(end.complained).toBe(
      'The gateway cannot start: the database: The server does not support SSL connections: DATABASE_TLS=off does without TLS, on a network of your own\n',
    );
    expect(
      (await start({ ...withUrl((url) => url.searchParams.set('sslmode', 'require')), DATABASE_TLS: 'off' }))
        .code,
    ).toBe(0);
  });
});

describe('A gateway whose database is not there yet', () => {
  it('waits for it, and starts when it comes', async () => {
    const port = await freePorts(1);
    const { hostname, port: real } = new URL(database.url);
    const late = createServer((socket) => {
      const upstream = connect(Number(real), hostname);
      socket.pipe(upstream).pipe(socket);
      for (const one of [socket, upstream]) one.on('error', () => one.destroy());
    });
    const end = await start(
      withUrl((url) => (url.port = String(port))),
      (line) => {
        if (line.includes('waiting') && !late.listening) late.listen(port, '127.0.0.1');
      },
    );
    late.close();
    expect(end.complained).toBe('');
    expect(end.code).toBe(0);
    expect(end.said).toMatch(/"reason":"connect ECONNREFUSED [^"]*","msg":"waiting for the database"/);
  });

  it('says in one line why it gave up waiting', async () => {
    const port = await freePorts(1);
    const end = await start(withUrl((url) => (url.port = String(port))));
    expect(end.code).toBe(1);
    expect(end.complained).toMatch(/^The gateway cannot start: the database: connect ECONNREFUSED .*\n$/);
  });
});
