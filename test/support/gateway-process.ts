import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../lab/free-ports.fixture';
import { BARE } from './bare-environment';

/** Where the built program is: a copy of it with a planted fault (`test/fuzz/planted-faults.mjs`), when that is set. */
const PROGRAM = process.env['GATEWAY_DIST'] ?? 'dist';
const READY_WITHIN_MS = 60_000;

/** The built gateway in a process of its own, to be killed and started again on the same port. */
export class GatewayProcess {
  #process: ChildProcess | undefined;

  private constructor(
    readonly environment: Readonly<Record<string, string>>,
    readonly url: string,
    private readonly onOutput: ((text: string) => void) | undefined,
    private readonly program: string,
  ) {}

  /**
   * Does not start yet; the environment may depend on the address.
   * @param onOutput takes what it writes to its log
   * @param program the `dist/` of another build
   * @param port where something in front of it expects it
   */
  static async prepare(
    environment: (url: string) => Readonly<Record<string, string>>,
    onOutput?: (text: string) => void,
    program = PROGRAM,
    port?: number,
  ): Promise<GatewayProcess> {
    port ??= await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    return new GatewayProcess({ ...environment(url), PORT: String(port) }, url, onOutput, program);
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(this.program, 'main.js')], {
      env: { ...BARE, ...this.environment },
      // The message channel ends the gateway when the test or benchmark itself is killed; nothing else of theirs is handed down,
      // which would keep them from ending.
      stdio: ['ignore', this.onOutput === undefined ? 'ignore' : 'pipe', 'pipe', 'ipc'],
    });
    this.#process = child;
    child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
    child.stdout?.setEncoding('utf8').on('data', this.onOutput ?? (() => undefined));
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await this.isReady())) {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode} while starting`);
      if (performance.now() > deadline) throw new Error('the gateway is not ready in time');
      await sleep(25);
    }
  }

  async isReady(): Promise<boolean> {
    return (await this.ask('/health/ready').catch(() => undefined)) === 200;
  }

  /** The status of an answer. Leaves no connection behind, which would count as one of the test's. */
  async ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const [answer] = (await once(get(this.url + path, { agent: false, headers }), 'response')) as [
      IncomingMessage,
    ];
    answer.resume();
    await once(answer, 'close');
    return answer.statusCode;
  }

  /** Whether it still runs; a gateway must survive everything but a signal. */
  get runs(): boolean {
    return (
      this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
    );
  }

  /** Resident set in megabytes, from the kernel's own account. */
  residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.#process?.pid ?? 0}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** Processor time it has used, from the kernel's own account. */
  cpuSeconds(): number {
    const fields =
      readFileSync(`/proc/${this.#process?.pid ?? 0}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Takes its time away; everybody else sees a process that does nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** SIGKILL, now; {@link end} waits until it is gone. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.stop(signal);
  }

  /** Resolves when it has ended: with its exit code and how long that took. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number | null; tookMs: number }> {
    const child = this.#process;
    if (child === undefined || !this.runs) return { code: child?.exitCode ?? null, tookMs: 0 };
    const started = performance.now();
    child.kill(signal);
    await once(child, 'close'); // its log is read to the end
    return { code: child.exitCode, tookMs: performance.now() - started };
  }
}
