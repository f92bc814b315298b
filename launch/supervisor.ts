import type { NodeChild } from './child-process';
import { LaunchError } from './launch-error';

/** Somebody asked the launcher to stop. */
export class Interrupted extends Error {}

/** A process that should run ended by itself. */
export class ProcessEnded extends LaunchError {
  constructor(
    message: string,
    /** What the launcher ends with. */
    readonly exitCode: number,
  ) {
    super(message);
  }
}

/** Knows what was started, notices the first reason to stop, and stops everything in the opposite order. */
export class Supervisor {
  private readonly undoes: (() => void | Promise<void>)[] = [];
  private giveReason: (reason: Error) => void = () => undefined;
  /** Rejects with the first reason to stop: `Interrupted` or `ProcessEnded`. */
  readonly halted: Promise<never>;

  constructor() {
    this.halted = new Promise<never>((_resolve, reject) => {
      this.giveReason = reject;
    });
    // Whoever needs the reason waits for it; nobody waiting yet is no error.
    this.halted.catch(() => undefined);
    // Not `once`: npm and the terminal both pass Ctrl-C on, and a second one must not cut the stop short.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => this.giveReason(new Interrupted(signal)));
    }
  }

  /** Registers what undoes a step that was taken. */
  onStop(undo: () => void | Promise<void>): void {
    this.undoes.push(undo);
  }

  /** Stops everything because something that should run does not. */
  fail(message: string, exitCode = 1): void {
    this.giveReason(new ProcessEnded(message, exitCode));
  }

  /** Makes the process one of those that have to run, and waits for `ready`. */
  async run<Result>(child: NodeChild, graceMs: number, ready: Promise<Result>): Promise<Result> {
    this.onStop(() => child.stop(graceMs));
    child.ended.then(
      (ending) => {
        const how = typeof ending === 'number' ? `with code ${ending}` : `by ${ending}`;
        const words = child.lastWords().map((line) => `  ${line}\n`);
        this.fail(
          `${words.join('')}The ${child.name} ended ${how}, so everything was stopped; its log is ${child.logFile}.`,
          typeof ending === 'number' && ending > 0 ? ending : 1,
        );
      },
      (error: Error) => this.fail(`The ${child.name} could not be started: ${error.message}`),
    );
    return Promise.race([ready, this.halted]);
  }

  async stopAll(): Promise<void> {
    for (const undo of this.undoes.splice(0).reverse()) await undo();
  }
}
