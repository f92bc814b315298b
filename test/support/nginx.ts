import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../lab/free-ports.fixture';
import { eventually } from './eventually';

const NGINX = '/usr/sbin/nginx';
const isInstalled = existsSync(NGINX);
if (!isInstalled) console.warn(`${NGINX} is not installed: the tests behind it are skipped`);

/** A `describe` that is skipped where there is no nginx. */
export const describeBehindNginx = isInstalled ? describe : describe.skip;

export interface NginxOptions {
  /** Puts what belongs into `/etc/nginx` into the folder that stands for it. */
  readonly install: (etc: string) => void;
  /** Addresses of the processes behind it, `host:port`, with parameters of their own. */
  readonly upstream: readonly string[];
  /** Without it the server listens in plain, for clients that trust no certificate of ours. */
  readonly tls: boolean;
}

/** The files of `deploy/nginx`, installed in Debian's nginx, in a folder of their own and on ports of their own. */
export class Nginx {
  #process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly url: string,
    readonly plainUrl: string,
  ) {}

  static async start({ install, upstream, tls }: NginxOptions): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-nginx-'));
    const port = await freePorts(2);
    const etc = join(folder, 'etc');
    for (const name of ['etc/conf.d', 'log', 'body']) mkdirSync(join(folder, name), { recursive: true });
    install(etc);
    writeFileSync(join(etc, 'nginx.conf'), mainConfiguration(folder));
    edit(join(etc, 'kyc-gateway-upstream.conf'), (text) =>
      text
        .replace(/^ *server .*\n/gm, '')
        .replace(/(zone .*\n)/, `$1${upstream.map((server) => `server ${server};\n`).join('')}`),
    );
    edit(join(etc, 'conf.d', 'kyc-gateway.conf'), (text) =>
      text
        .replace(/^ *listen \[::\].*\n/gm, '')
        .replace('listen 80;', `listen 127.0.0.1:${port + 1};`)
        .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port}${tls ? ' ssl http2' : ''};`)
        .replace(tls ? /^$/ : /^ *ssl_.*\n/gm, '')
        .replaceAll('/var/log/nginx', join(folder, 'log')),
    );
    const scheme = tls ? 'https' : 'http';
    const nginx = new Nginx(folder, `${scheme}://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`);
    await nginx.#run(port);
    return nginx;
  }

  /** The lines of the access log. */
  log(): Record<string, unknown>[] {
    const lines = readFileSync(join(this.folder, 'log', 'kyc-gateway.log'), 'utf8')
      .trim()
      .split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Its program, as on a machine where it is installed. */
  get command(): string {
    return `${NGINX} -c ${join(this.folder, 'etc', 'nginx.conf')}`;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run(port: number): Promise<void> {
    const [program = '', ...args] = this.command.split(' ');
    const child = spawn(program, [...args, '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let complaints = '';
    child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const state = (): Promise<'up' | 'away'> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve('up'));
        socket.once('connect', () => socket.destroy()).once('error', () => resolve('away'));
      });
    const found = await eventually(state, (now) => now === 'up' || child.exitCode !== null, 20_000);
    if (found !== 'up' || child.exitCode !== null) throw new Error(`nginx does not start: ${complaints}`);
  }
}

/** What Debian's own says, with every place in the folder. */
function mainConfiguration(folder: string): string {
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/body/${name};`)
    .join('\n');
  return `${user}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/log/error.log;
events { worker_connections 4096; }
http {
  ${temporary}
  include conf.d/*.conf;
}`;
}

function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** A certificate for `127.0.0.1` that nobody else trusts. */
export function selfSigned(certificate: string, key: string): void {
  const options = [
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-days',
    '2',
    '-nodes',
  ];
  const files = ['-keyout', key, '-out', certificate];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...options, ...files], { stdio: 'ignore' });
}
