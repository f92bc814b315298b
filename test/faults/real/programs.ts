import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { eventually } from '../../support/eventually';

/** Debian's packages that the tests run servers of, where they are there or root can install them. */
const PROGRAMS = {
  postfix: '/usr/sbin/postfix',
  pgbouncer: '/usr/sbin/pgbouncer',
  nginx: '/usr/sbin/nginx',
} as const;
export type Program = keyof typeof PROGRAMS;

const isRoot = process.getuid?.() === 0;

/** Why the program cannot be run here; undefined where it can. A missing one is installed by root. */
export function whyNot(name: Program): string | undefined {
  if (!isRoot) return `${name} needs root`;
  if (!existsSync(PROGRAMS[name])) {
    try {
      execFileSync('apt-get', ['install', '-y', '--no-install-recommends', name], {
        stdio: 'ignore',
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        timeout: 120_000,
      });
    } catch {
      // said below
    }
  }
  return existsSync(PROGRAMS[name]) ? undefined : `${name} is not installed and cannot be`;
}

/** A server in the foreground, until it is ended. */
export class Server {
  #process: ChildProcess | undefined;

  constructor(
    private readonly command: readonly [string, ...string[]],
    readonly port: number,
  ) {}

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const [file, ...args] = this.command;
    const started = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    started.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    this.#process = started;
    if (!(await takesConnections(this.port))) throw new Error(`${file} does not start: ${said}`);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const ending = this.#process;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.kill(signal);
    await once(ending, 'exit');
  }
}

function takesConnections(port: number): Promise<boolean> {
  const attempt = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  return eventually(attempt, Boolean, 20_000);
}
