import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../../lab/free-ports.fixture';
import { buildWhenStale } from '../../launch/build';
import { BARE } from '../support/bare-environment';
import { expressions, metricsIn } from '../support/promql';
import { startTestGateway, type TestGateway } from '../support/test-gateway';

let gateway: TestGateway;

beforeAll(async () => {
  await buildWhenStale();
  gateway = await startTestGateway();
}, 180_000);
afterAll(async () => {
  await gateway?.close();
});

/** What `/metrics` declares, by name. */
async function declared(): Promise<ReadonlyMap<string, string>> {
  const { text } = await gateway.http.get('/metrics');
  return new Map(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
}

describe('who reads the gateway’s numbers', () => {
  it('finds each of them explained, and no others', async () => {
    const guide = readFileSync('docs/guides/metrics.md', 'utf8');
    const rows = [...guide.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell = '']) => cell);
    const explained = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
    const ours = [...(await declared()).keys()].filter((name) => !/^(process|nodejs)_/.test(name));
    expect(explained.toSorted()).toEqual(ours.toSorted());
  });

  it('finds them named as Prometheus wants: totals are counters, times are in seconds', async () => {
    const odd = [...(await declared())].filter(
      ([name, type]) =>
        !/^(process|nodejs)_/.test(name) &&
        (name.endsWith('_total') !== (type === 'counter') ||
          /_(ms|milliseconds|minutes|count|sum)$/.test(name)),
    );
    expect(odd).toEqual([]);
  });

  it('finds in every rule and every panel what the gateway prints', async () => {
    const types = await declared();
    const isPrinted = (name: string): boolean =>
      types.has(name) || types.get(name.replace(/_(bucket|count|sum)$/, '')) === 'histogram';
    const named = expressions().map(({ at, expression }) => ({ at, names: metricsIn(expression) }));
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ names }) => names.length === 0 || !names.every(isPrinted))).toEqual([]);
  });

  it('reads nothing of a person: labels come from closed sets', async () => {
    const { text } = await gateway.http.get('/metrics');
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label));
    const closed = [
      'alarm',
      'bu',
      'caller',
      'cause',
      'channel',
      'check',
      'code',
      'credential',
      'family',
      'from',
      'kind',
    ];
    closed.push(
      'le',
      'limit',
      'method',
      'node',
      'operation',
      'outcome',
      'partner',
      'provider',
      'queue',
      'realm',
      'reason',
    );
    closed.push(
      'result',
      'route',
      'source',
      'space',
      'state',
      'status',
      'to',
      'type',
      'version',
      'major',
      'minor',
      'patch',
    );
    expect([...labels].filter((label) => !closed.includes(label))).toEqual([]);
  });
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
