import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../lab/free-ports.fixture';
import { eventually } from './eventually';

const VERSIONS = '/usr/lib/postgresql';
const PGBOUNCER = '/usr/sbin/pgbouncer';

/** The folder of a PostgreSQL beside the embedded one: POSTGRES_HOME, else the newest that the system's packages installed. */
export const INSTALLED: string | undefined = process.env['POSTGRES_HOME'] ?? newestOf(VERSIONS);
export const IS_TOO_OLD = INSTALLED !== undefined && majorOf(INSTALLED) < 13;
export const HAS_PGBOUNCER = existsSync(PGBOUNCER);

/** Neither PostgreSQL nor PgBouncer runs as root. */
const account = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};

function newestOf(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(folder, version))
    .find((home) => existsSync(join(home, 'bin', 'initdb')));
}

function majorOf(home: string): number {
  const says = execFileSync(join(home, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/ (\d+)/.exec(says)?.[1]);
}

function idOf(which: string): number {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }));
}

/** A server of the installed version on loopback, with a role that owns one database and may make more. */
export class InstalledPostgres {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly password: string,
  ) {}

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<InstalledPostgres> {
    const folder = mkdtempSync(join(tmpdir(), 'kyc-installed-'));
    chmodSync(folder, 0o711);
    const server = new InstalledPostgres(folder, await freePorts(1), randomBytes(12).toString('hex'));
    const password = server.write('password', server.password);
    const data = join(folder, 'data');
    server.run(
      'initdb',
      '-D',
      data,
      '-U',
      'postgres',
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    );
    const all = {
      port: String(server.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      ...settings,
    };
    const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
    server.run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options.join(' '), 'start');
    server.psql(`CREATE ROLE kyc_owner LOGIN CREATEDB CREATEROLE PASSWORD '${server.password}'`);
    server.psql('CREATE DATABASE kyc OWNER kyc_owner');
    // Before PostgreSQL 15 everybody may create tables there (docs/guides/upgrade-and-roll-back.md).
    server.psql('ALTER SCHEMA public OWNER TO kyc_owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC', 'kyc');
    return server;
  }

  /** `DATABASE_URL` of the owner. */
  url(database = 'kyc', user = 'kyc_owner'): string {
    return `postgres://${user}:${this.password}@localhost:${this.port}/${database}`;
  }

  /** A file that the server may read, and others may not. */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    for (const path of [this.folder, file])
      if (account.uid !== undefined) chownSync(path, account.uid, account.gid);
    return file;
  }

  /** Files that settings name are read again. */
  reload(): void {
    this.run('pg_ctl', '-D', join(this.folder, 'data'), 'reload');
  }

  /** As the superuser. */
  psql(statement: string, database = 'postgres'): string {
    return this.run(
      'psql',
      '-XAtq',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      statement,
      this.url(database, 'postgres'),
    );
  }

  /** A PgBouncer in front of it. */
  async pool(
    mode: 'session' | 'transaction' | 'statement',
  ): Promise<{ url: string; stop: () => Promise<void> }> {
    const port = await freePorts(1);
    const users = this.write('users.txt', `"kyc_owner" "${this.password}"\n`);
    const settings = `[databases]\nkyc = host=127.0.0.1 port=${this.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}
unix_socket_dir =\nauth_type = plain\nauth_file = ${users}\npool_mode = ${mode}\ndefault_pool_size = 30\n`;
    const child: ChildProcess = spawn(PGBOUNCER, ['-q', this.write(`${mode}.ini`, settings)], {
      stdio: 'ignore',
      ...account,
    });
    const listens = (): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
        socket.once('connect', () => socket.destroy());
      });
    if (!(await eventually(listens, Boolean))) throw new Error('PgBouncer does not listen');
    return {
      url: this.url().replace(`:${this.port}/`, `:${port}/`),
      stop: async () => {
        const ended = once(child, 'close');
        child.kill('SIGKILL');
        await ended;
      },
    };
  }

  remove(): void {
    this.run('pg_ctl', '-D', join(this.folder, 'data'), '-m', 'immediate', 'stop');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(program: string, ...args: string[]): string {
    const file = join(INSTALLED ?? '', 'bin', program);
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
    return execFileSync(file, args, {
      cwd: '/',
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      ...account,
    });
  }
}
