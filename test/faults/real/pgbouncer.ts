import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../lab/free-ports.fixture';
import { Server } from './programs';

/** PgBouncer does not run as root. */
const NOBODY = 65_534;

/** Debian's PgBouncer in front of a PostgreSQL. */
export class PgBouncer extends Server {
  readonly #folder: string;

  private constructor(
    folder: string,
    port: number,
    readonly url: string,
  ) {
    super(['/usr/sbin/pgbouncer', '-q', '-u', 'nobody', join(folder, 'pgbouncer.ini')], port);
    this.#folder = folder;
  }

  /** @param database the address of a PostgreSQL on this machine */
  static async begin(database: string, mode: 'session' | 'transaction'): Promise<PgBouncer> {
    const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
    const port = await freePorts(1);
    const target = new URL(database);
    const [user, password] = [target.username, target.password].map(decodeURIComponent);
    const files = {
      'users.txt': `"${user}" "${password}"\n`,
      'pgbouncer.ini': `[databases]
* = host=${target.hostname} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, 'users.txt')}
pool_mode = ${mode}
max_client_conn = 200
default_pool_size = 60
`,
    };
    chownSync(folder, NOBODY, NOBODY);
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), content, { mode: 0o600 });
      chownSync(join(folder, name), NOBODY, NOBODY);
    }
    const url = new URL(database);
    url.port = String(port);
    const bouncer = new PgBouncer(folder, port, url.href);
    await bouncer.start();
    return bouncer;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}
