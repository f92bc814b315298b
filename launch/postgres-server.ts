import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, LaunchError } from './launch-error';
import type { PostgresHome } from './postgres-home';
import { childrenOf, commandOf, isRunning, parentOf } from './process-table';

/**
 * Keeps PostgreSQL from outliving its launcher: the shell's stdin is a pipe whose other end the launcher holds. When that
 * end closes, because the launcher asks for it or because it died in whatever way, PostgreSQL is told to shut down.
 * A shell, because PostgreSQL's account may not be able to run Node; in a session of its own, so that Ctrl-C in a terminal
 * reaches the launcher only and the gateway can finish first.
 */
const watchdog = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r closed <&3; kill -INT $server) &
waiter=$!
wait $server
status=$?
kill $waiter 2>/dev/null
exit $status`;

const startDeadlineMs = 60_000;
const stopDeadlineMs = 10_000;
/** A watchdog whose launcher just died tells PostgreSQL at once. */
const noticeDeadlineMs = 1_000;

async function until(holds: () => boolean, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** The lines of PostgreSQL's `postmaster.pid`: the first is its process id, the eighth its status (pg_ctl waits for it too). */
function lockFileOf(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Deals with what an earlier server left: waits for one that is shutting down, stops one that lost its watchdog, and
 * removes the lock file of one that was killed, whose process id may by now belong to some other program.
 *
 * @throws LaunchError when another launcher's server runs on this data directory.
 */
async function clearTheWay(cluster: string): Promise<void> {
  const pid = Number(lockFileOf(cluster)[0] ?? 0);
  const serves = (): boolean => isRunning(pid) && commandOf(pid).includes(cluster);
  const isStopping = (): boolean => lockFileOf(cluster)[7]?.startsWith('stopping') ?? true;
  if (pid > 0 && serves()) {
    const isWatched = commandOf(parentOf(pid) ?? 0).includes(cluster);
    if (!isWatched) process.kill(pid, 'SIGINT');
    const leaves = await until(() => !serves() || isStopping(), noticeDeadlineMs);
    if (!leaves || !(await until(() => !serves(), stopDeadlineMs))) {
      throw new LaunchError(
        `A PostgreSQL server (process ${pid}) already runs on ${cluster}: stop what started it (or "kill -INT ${pid}"), ` +
          'or set DATA_DIR to another folder.',
      );
    }
  }
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

/** One running PostgreSQL server on one data directory. */
export class PostgresServer {
  private readonly ended: Promise<void>;
  private failure: Error | null = null;
  private pid = 0;

  private constructor(
    private readonly cluster: string,
    private readonly logFile: string,
    private readonly shell: ChildProcess,
  ) {
    this.ended = new Promise((resolve) => {
      shell.once('exit', () => resolve());
      shell.once('error', (error) => {
        this.failure = error;
        resolve();
      });
    });
    // Writing to nobody is no accident here: the server may have ended first.
    shell.stdin?.on('error', () => undefined);
  }

  /**
   * Starts the server and waits until it takes connections.
   *
   * @throws LaunchError with what PostgreSQL said, when it does not start.
   */
  static async start(
    home: PostgresHome,
    logFile: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<PostgresServer> {
    await clearTheWay(home.cluster);
    const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [join(home.binaries, 'bin', 'postgres'), '-D', home.cluster, ...parameters];
    rmSync(logFile, { force: true });
    const log = openSync(logFile, 'w', 0o600);
    const shell = spawn('/bin/sh', ['-c', watchdog, 'sh', ...command], {
      cwd: '/',
      detached: true,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      stdio: ['pipe', log, log],
      ...home.account.ids,
    });
    closeSync(log);
    const server = new PostgresServer(home.cluster, logFile, shell);
    await until(() => server.shellHasEnded() || server.isReady(), startDeadlineMs);
    if (server.isReady()) return server;
    await server.stop();
    throw new LaunchError(`PostgreSQL did not start (${server.lastWords()}); its whole log is ${logFile}.`);
  }

  /** Resolves when the server has ended for whatever reason. */
  get end(): Promise<void> {
    return this.ended;
  }

  /** What PostgreSQL last complained about. */
  lastWords(): string {
    if (this.failure) return this.failure.message;
    const lines = readFileSync(this.logFile, 'utf8').split('\n');
    const complaint = lines.filter((line) => /(FATAL|PANIC|ERROR|not found|cannot):?/.test(line)).at(-1);
    return complaint?.replace(/^.*?(FATAL|PANIC|ERROR): +/, '') ?? 'it said nothing';
  }

  /** Lets running statements be rolled back, writes everything down and ends. */
  async stop(): Promise<void> {
    this.shell.stdin?.end();
    if (await until(() => this.isGone(), stopDeadlineMs)) return;
    await this.kill();
  }

  /** Ends PostgreSQL and each of its processes at once, as a power cut would; what was committed must survive it. */
  async kill(): Promise<void> {
    if (isRunning(this.pid)) {
      // Stopped first, so that it neither starts processes while they are listed nor reacts to their deaths.
      process.kill(this.pid, 'SIGSTOP');
      for (const pid of [...childrenOf(this.pid), this.pid]) killIfRunning(pid);
    }
    await until(() => this.isGone(), stopDeadlineMs);
  }

  private isReady(): boolean {
    const lines = lockFileOf(this.cluster);
    if (!lines[7]?.startsWith('ready')) return false;
    this.pid = Number(lines[0]);
    return true;
  }

  private isGone(): boolean {
    return this.shellHasEnded() && (this.pid === 0 || !isRunning(this.pid));
  }

  private shellHasEnded(): boolean {
    return this.failure !== null || this.shell.exitCode !== null || this.shell.signalCode !== null;
  }
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
