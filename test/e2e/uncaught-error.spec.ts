import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildWhenStale } from '../../launch/build';
import { freePorts } from '../../lab/free-ports.fixture';
import { BARE } from '../support/bare-environment';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

/** Makes the program fail where nobody expects it, once it is told to. */
const TRAP = 'process.on("SIGUSR2", () => { throw new Error("nobody caught 3171010101900001") })';

describe('An error that nobody caught', () => {
  let neighbour: TestGateway;

  beforeAll(async () => {
    await buildWhenStale();
    neighbour = await startTestGateway();
  });
  afterAll(() => neighbour.close());

  it('ends a running gateway with a scrubbed log line that raises an alarm', async () => {
    const port = String(await freePorts(1));
    const gateway = spawn(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(TRAP)}`, join('dist', 'main.js')],
      {
        env: {
          ...BARE,
          ...neighbour.environment,
          DATABASE_URL: neighbour.database.url,
          PORT: port,
          LOG_LEVEL: 'info',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    let complained = '';
    gateway.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('"msg":"ready"')) gateway.kill('SIGUSR2');
    });
    gateway.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
    const code = await new Promise((resolve) => gateway.once('close', resolve));
    const last: unknown = JSON.parse(said.trim().split('\n').at(-1) ?? '');
    expect({ code, last, complained }).toEqual({
      code: 1,
      last: expect.objectContaining({
        level: 'error',
        alarm: 'uncaught_error',
        msg: 'an error that nobody caught ends the gateway',
        error: 'Error',
        stack: expect.stringContaining('nobody caught [nik]'),
      }) as unknown,
      complained: '',
    });
  }, 60_000);
});
