import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../../lab/free-ports.fixture';
import { buildWhenStale } from '../../launch/build';
import { BARE } from '../support/bare-environment';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  await buildWhenStale();
  gateway = await startTestGateway();
}, 180_000);
afterAll(async () => {
  await gateway?.close();
});

describe('who watches the gateway', () => {
  it('finds its metrics on a port of their own when there is one, and no more on the API’s', async () => {
    const port = await freePorts(1);
    for (const ROLE of ['all', 'worker']) {
      const own = await startTestGateway({
        lab: gateway.lab,
        environment: { METRICS_PORT: String(port), ROLE },
      });
      for (const path of ['/metrics', '/metrics?debug=1']) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`);
        expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('process_cpu')]);
      }
      expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(404);
      expect((await own.http.get('/metrics')).status).toBe(404);
      await own.close();
    }
  });

  it('finds none where they are switched off', async () => {
    const own = await startTestGateway({ lab: gateway.lab, environment: { METRICS_PORT: '0' } });
    expect((await own.http.get('/metrics')).status).toBe(404);
    await own.close();
  });

  it('is told in one line when their port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as { port: number };
    const child = spawn(process.execPath, [join('dist', 'main.js')], {
      env: {
        ...BARE,
        ...gateway.environment,
        DATABASE_URL: gateway.database.url,
        PORT: String(await freePorts(1)),
        METRICS_PORT: String(port),
        LOG_LEVEL: 'fatal',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    squatter.close();
    expect([code, said.trim().split('\n')]).toEqual([1, [expect.stringContaining(`METRICS_PORT ${port}`)]]);
  });
});
