import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNotFree } from '../../launch/free-port';
import type { RunningState } from '../../launch/running-state';
import { BARE } from './bare-environment';
import { familyOf, postmasterOf } from './process-tree';

const root = join(__dirname, '..', '..');
const labPorts = 10;

/** `npm start` as a person runs it: a process of its own, with nothing configured but where it keeps and serves things. */
export class LaunchedGateway {
  private said = '';
  private readonly process: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(
    private readonly dataDir: string,
    environment: Readonly<Record<string, string>>,
  ) {
    this.process = spawn(process.execPath, [join('launch', 'start.mjs')], {
      cwd: root,
      env: { ...BARE, HOME: process.env['HOME'], DATA_DIR: dataDir, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    }
    this.ended = new Promise((resolve) =>
      this.process.once('close', (code, signal) => resolve(code ?? signal)),
    );
  }

  /** Everything it printed so far. */
  get output(): string {
    return this.said;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Resolves once it says what to do next; rejects with what it printed when it ends before. */
  async ready(): Promise<RunningState> {
    await new Promise<void>((resolve, reject) => {
      this.process.stdout?.on('data', () => {
        if (this.said.includes('Next: ')) resolve();
      });
      void this.ended.then(() => reject(new Error(this.said)));
    });
    return JSON.parse(readFileSync(join(this.dataDir, 'running.json'), 'utf8')) as RunningState;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** It and everything it started, and what those started; PostgreSQL too, which is nobody's child. */
  family(): number[] {
    return [...familyOf(this.pid), ...familyOf(postmasterOf(join(this.dataDir, 'postgres')))];
  }
}

/** Ports that nobody uses, outside the range that systems hand out themselves. */
export async function freePorts(): Promise<{ PORT: string; LAB_BASE_PORT: string }> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const ports = Array.from({ length: labPorts + 1 }, (_, offset) => first + offset);
    const reasons = await Promise.all(ports.map((port) => whyNotFree(port, '127.0.0.1')));
    if (reasons.every((reason) => reason === null)) {
      return { PORT: String(first), LAB_BASE_PORT: String(first + 1) };
    }
  }
}
