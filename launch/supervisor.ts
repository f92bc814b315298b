import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { projectRoot } from './data-folder';
import type { Environment } from './given-environment';
import { LaunchError } from './launch-error';

export interface Program {
  name: string;
  /** Arguments for Node. */
  command: readonly string[];
  environment: Environment;
  logFile: string;
  /** How long it may take to end when it is asked to. */
  graceMs: number;
}

/** Knows what was started, notices the first reason to stop, and stops everything in the opposite order. */
export class Supervisor {
  readonly #undoes: (() => void | Promise<void>)[] = [];
  readonly #halted = Promise.withResolvers<unknown>();
  /** Resolves with the first reason to stop. */
  readonly halted = this.#halted.promise;

  constructor() {
    // Not `once`: npm and the terminal both pass Ctrl-C on, and a second one must not cut the stop short.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => this.halt(new LaunchError('\nStopping.', 0)));
  }

  /** Registers what undoes a step that was taken. */
  onStop(undo: () => void | Promise<void>): void {
    this.#undoes.push(undo);
  }

  halt(reason: unknown): void {
    this.#halted.resolve(reason);
  }

  /**
   * Starts a Node process that has to run from now on, and waits for `ready`. It has a message channel to the launcher, which
   * closes when the launcher dies in whatever way; the program ends then. It has a session of its own, so that Ctrl-C in a
   * terminal reaches only the launcher, which stops everything in order.
   */
  async run<Result>(program: Program, ready: (child: ChildProcess) => Promise<Result>): Promise<Result> {
    const { name, command, environment, logFile, graceMs } = program;
    rmSync(logFile, { force: true });
    const log = openSync(logFile, 'w', 0o600);
    const child = spawn(process.execPath, command, {
      cwd: projectRoot,
      detached: true,
      env: environment,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const ended = once(child, 'exit').then(
      ([code, signal]: (number | string | null)[]) => {
        const how = typeof code === 'number' ? `with code ${code}` : `by ${signal}`;
        const message = `The ${name} ended ${how}, so everything was stopped; its log is ${logFile}.`;
        this.halt(new LaunchError(wordsForPeople(logFile) + message, Number(code) || 1));
      },
      (error: Error) => this.halt(new LaunchError(`The ${name} could not be started: ${error.message}`)),
    );
    this.onStop(async () => {
      child.kill('SIGTERM');
      const tooLate = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(tooLate);
    });
    const halted = this.halted.then((reason) => Promise.reject(reason as Error));
    return Promise.race([ready(child), halted]);
  }

  async stopAll(): Promise<void> {
    for (const undo of this.#undoes.splice(0).reverse()) await undo();
  }
}

/** What a process last wrote for people, as opposed to log records. */
function wordsForPeople(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const words = lines.filter((line) => line !== '' && !line.startsWith('{')).slice(-40);
  return words.map((line) => `  ${line}\n`).join('');
}
