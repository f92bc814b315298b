import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from './given-environment';
import { projectRoot } from './data-folder';

/** How a process ended: its exit code, or the name of the signal that ended it. */
export type Ending = number | NodeJS.Signals;

interface Program {
  name: string;
  /** Arguments for Node. */
  command: readonly string[];
  environment: Environment;
  logFile: string;
}

/**
 * A Node process of the launcher. It has a message channel to the launcher, which closes when the launcher dies in whatever
 * way; the program ends then. In a session of its own, so that Ctrl-C in a terminal reaches only the launcher, which stops
 * everything in order.
 */
export class NodeChild {
  readonly name: string;
  readonly logFile: string;
  readonly ended: Promise<Ending>;
  private readonly process: ChildProcess;

  constructor(program: Program) {
    this.name = program.name;
    this.logFile = program.logFile;
    rmSync(program.logFile, { force: true });
    const log = openSync(program.logFile, 'w', 0o600);
    this.process = spawn(process.execPath, program.command, {
      cwd: projectRoot,
      detached: true,
      env: program.environment,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('exit', (code, signal) => resolve(code ?? signal ?? 1));
    });
  }

  /** The first message that the process sends. Never settles if it sends none. */
  firstMessage(): Promise<unknown> {
    return new Promise((resolve) => this.process.once('message', resolve));
  }

  /** Asks the process to end, and ends it if it has not after the time given. */
  async stop(graceMs: number): Promise<void> {
    this.process.kill('SIGTERM');
    const timeout = new AbortController();
    const tooLate = sleep(graceMs, 'late' as const, { signal: timeout.signal, ref: false }).catch(
      () => 'cancelled' as const,
    );
    const first = await Promise.race([this.ended, tooLate]);
    timeout.abort();
    if (first === 'late') {
      this.process.kill('SIGKILL');
      await this.ended;
    }
  }

  /** What the process last wrote for people, as opposed to log records. */
  lastWords(): string[] {
    const lines = readFileSync(this.logFile, 'utf8').split('\n');
    return lines.filter((line) => line !== '' && !line.startsWith('{')).slice(-40);
  }
}
