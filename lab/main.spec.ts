import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { freePorts, occupy, release } from './free-ports.fixture';

const running: ChildProcess[] = [];

interface Ready {
  ready: boolean;
  urls: Record<string, string>;
  environment: Record<string, string>;
}

/** The program and what it printed so far. */
function startProgram(environment: Record<string, string>): { program: ChildProcess; output: () => string } {
  const program = fork(join(__dirname, 'main.ts'), {
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.push(program);
  let text = '';
  program.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  program.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { program, output: () => text };
}

/** `close` comes after all output; Node does not emit it once the channel was cut. */
const ended = (program: ChildProcess, event: 'close' | 'exit' = 'close'): Promise<number | null> =>
  new Promise((resolve) => program.once(event, resolve));

const firstMessage = (program: ChildProcess): Promise<Ready> =>
  new Promise((resolve) => program.once('message', (message) => resolve(message as Ready)));

describe('the lab as a program', () => {
  afterEach(() => running.splice(0).forEach((program) => program.kill('SIGKILL')));

  it('says where its servers are, tells its parent, and ends in order when asked to', async () => {
    const { program, output } = startProgram({
      LAB_BASE_PORT: String(await freePorts(13)),
      BUSINESS_UNITS: 'nanovest',
    });
    const { ready, urls, environment } = await firstMessage(program);
    expect(ready).toBe(true);
    expect(environment['BUSINESS_UNITS']).toBe('nanovest');
    expect((await fetch(`${urls['simasId']}/v1/oidc/certs`)).status).toBe(200);
    program.kill('SIGTERM');
    expect(await ended(program)).toBe(0);
    for (const url of Object.values(urls)) expect(output()).toContain(url);
    expect(output().trim().split('\n')).toHaveLength(13);
  });

  it('ends when its parent goes away', async () => {
    const { program } = startProgram({ LAB_BASE_PORT: String(await freePorts(13)) });
    await firstMessage(program);
    program.disconnect();
    expect(await ended(program, 'exit')).toBe(0);
  });

  it('names a taken port and the variable to change in one line', async () => {
    const basePort = await freePorts(13);
    const squatter = await occupy(basePort + 1);
    const { program, output } = startProgram({ LAB_BASE_PORT: String(basePort) });
    const exitCode = await ended(program);
    await release(squatter);
    expect(exitCode).toBe(1);
    expect(output()).toBe(
      `The partner lab cannot start: port ${basePort + 1} (SIMAS-ID) is already taken. Set LAB_BASE_PORT to another first port.\n`,
    );
  });
});
