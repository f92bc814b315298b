import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab';
import { GatewayProcess } from '../test/support/gateway-process';
import { type Benchmark, percentile, type Report } from './benchmark';
import { envelopeBench } from './satusehat-envelope';
import { openSurroundings } from './surroundings';

const REQUESTS = 200;
const POOL_SIZE = 8;
const MAX_MS = 100;
const PROBE_EVERY_MS = 5;
const PROBE_ALONE_MS = 2_000;
const OFFICER = JSON.stringify({ agentName: 'Bambang Wisanggeni', agentNik: '3313096403900009' });

/** Keys ahead of time: what one call gains, and what a burst does to everybody else. */
export const satusehat: Benchmark = {
  name: 'satusehat',
  title: 'SATUSEHAT: key pairs made ahead, and a burst of validation pages',
  async run(report) {
    await envelopeBench(report);
    const { lab, environment, close } = await openSurroundings();
    try {
      await measured(report, lab, 'pool', { ...environment, SATUSEHAT_KEY_POOL_SIZE: String(POOL_SIZE) });
      await measured(report, lab, 'a key pair a call', {
        ...environment,
        SATUSEHAT_KEY_POOL_SIZE: '0',
        SATUSEHAT_KEY_MAX_USES: '1',
      });
    } finally {
      await close();
    }
  },
};

async function measured(
  report: Report,
  lab: Lab,
  name: string,
  environment: Record<string, string>,
): Promise<void> {
  const gateway = await GatewayProcess.prepare(() => ({
    LOG_LEVEL: 'error',
    MAX_CONNECTIONS_PER_ADDRESS: '0', // all officers are on this machine
    ...environment,
  }));
  await gateway.start();
  const { url } = gateway;
  try {
    const tokens = Array.from({ length: REQUESTS }, (_, index) =>
      lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: `62856105${70_000 + index}`, officer: true }),
    );
    if (environment['SATUSEHAT_KEY_POOL_SIZE'] !== '0') await poolFilled(url);
    const before = startProbe(`${url}/health/live`);
    await sleep(PROBE_ALONE_MS);
    const alone = await stopProbe(before);
    const probe = startProbe(`${url}/health/live`);
    await sleep(PROBE_ALONE_MS / 2);
    const started = performance.now();
    const statuses = await Promise.all(tokens.map((token) => openPage(url, token)));
    const seconds = (performance.now() - started) / 1000;
    const health = await stopProbe(probe);
    const opened = statuses.filter((status) => status === 201).length;
    const p99 = percentile(health, 0.99);
    report.figure({
      what: `GET /health/live while ${REQUESTS} officers open a page at once, ${name}, p99`,
      ours: `${p99.toFixed(0)} ms`,
      yardstick: `${percentile(alone, 0.99).toFixed(0)} ms before`,
      ...(name === 'pool'
        ? { floor: { bound: 'at most', limit: MAX_MS, value: p99, unit: 'ms' } as const }
        : {}),
    });
    report.note(
      `${opened} of ${REQUESTS} opened in ${seconds.toFixed(1)} s, ${(opened / seconds).toFixed(0)} a second`,
    );
  } finally {
    await gateway.end('SIGTERM');
  }
}

async function poolFilled(url: string): Promise<void> {
  const full = `satusehat_key_pairs_ready ${POOL_SIZE}`;
  while (!(await (await fetch(`${url}/metrics`)).text()).includes(full)) await sleep(100);
}

async function openPage(url: string, token: string): Promise<number> {
  const answer = await fetch(`${url}/v1/satusehat/validation-urls`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: OFFICER,
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Asks again and again from a process of its own, whose event loop the burst does not load; prints milliseconds when told to end. */
const PROBE = `
const times = [];
let ended = false;
process.stdin.on('end', () => { ended = true; }).resume();
(async () => {
  while (!ended) {
    const started = performance.now();
    await fetch(process.argv[1]).then((answer) => answer.arrayBuffer());
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, ${PROBE_EVERY_MS}));
  }
  process.stdout.write(JSON.stringify(times));
})();`;

function startProbe(url: string): ChildProcess {
  return spawn(process.execPath, ['-e', PROBE, url], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function stopProbe(probe: ChildProcess): Promise<number[]> {
  const said: Buffer[] = [];
  probe.stdout?.on('data', (chunk: Buffer) => said.push(chunk));
  probe.stdin?.end();
  await once(probe, 'close');
  return JSON.parse(Buffer.concat(said).toString()) as number[];
}
