import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, startLab } from '../../lab';
import { buildWhenStale } from '../../launch/build';
import type { FloodOrder, FloodReport } from '../support/flood';
import { GatewayProcess } from '../support/gateway-process';
import { basic, otpSender, ownSettings, UNITS } from '../support/test-gateway';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../support/throwaway-postgres';

const ATTACKERS = 16;
/** SIMAS-ID's connections; each sends its next code as soon as the last one is accepted. */
const SENDERS = 24;
const WARM_MS = 3_000;
const ALONE_MS = 500;
/** Calm and attack take turns: what else the machine does meanwhile meets both. */
const ROUNDS = 4;
const ROUND_MS = 600;
const PROBE_EVERY_MS = 10;

const MAX_P99_MS = 100;
const MIN_SHARE = 0.8;
/** Of one processor, for one request of a stranger. */
const MAX_CPU_MS = 4;
/** 1.5 MB from the disk, which counts for a dozen requests. */
const LARGEST_FILE = '/docs/swagger-ui-bundle.js';

let server: ThrowawayPostgres;
let lab: Lab;
let gateway: GatewayProcess;
let attackers: Sender;
let simasId: Sender;

beforeAll(async () => {
  await buildWhenStale();
  server = await startThrowawayPostgres();
  lab = await startLab({ units: UNITS });
  gateway = await GatewayProcess.prepare((url) => ({
    ...lab.environment(),
    ...ownSettings(),
    DATABASE_URL: server.postgres.url,
    PUBLIC_URL: url,
    ROLE: 'api', // sending the codes is a worker's, and would change the intake's rate more than any attacker
  }));
  await gateway.start();
  attackers = new Sender();
  simasId = new Sender();
}, 180_000);
afterAll(async () => {
  attackers?.end();
  simasId?.end();
  await gateway?.end('SIGTERM');
  await lab?.close();
  await server?.remove();
});

/** Sends requests from a process of its own. */
class Sender {
  readonly #child: ChildProcess = fork(join(__dirname, '..', 'support', 'flood.ts'), {
    execArgv: ['--import', 'tsx'],
  });

  start(order: FloodOrder): void {
    this.#child.send(order);
  }

  async stop(): Promise<FloodReport> {
    this.#child.send('stop');
    return ((await once(this.#child, 'message')) as [FloodReport])[0];
  }

  end(): void {
    this.#child.disconnect();
  }
}

interface Attack {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function order({ method, path, headers = {}, body = '' }: Attack, from: readonly string[]): FloodOrder {
  const lines = Object.entries({ host: 'kyc.example', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}`;
  return {
    port: Number(new URL(gateway.url).port),
    connections: ATTACKERS,
    head,
    body,
    first: 0,
    from,
  };
}

let rounds = 0;

/** No person gets two of them. */
function codes(): FloodOrder {
  rounds += 1;
  const request: Attack = {
    method: 'POST',
    path: '/v1/webhooks/otp',
    headers: { authorization: otpSender('nanovest'), 'content-type': 'application/json' },
    body: '{"identifier":"62811#NUMBER#","otp":"123456","channel":"sms"}',
  };
  return { ...order(request, ['127.0.0.1']), connections: SENDERS, first: 10_000_000 + 100_000 * rounds };
}

const probes = new Agent({ keepAlive: true, maxSockets: 1 });

/** Milliseconds until `/health/live` is answered. */
function probe(): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get(`${gateway.url}/health/live`, { agent: probes }, (answer) => {
      answer.resume().on('end', () => resolve(performance.now() - started));
    }).on('error', reject);
  });
}

/** What happened while codes came in as fast as they are taken. */
interface Measured {
  readonly waits: number[];
  codes: number;
  seconds: number;
}

/** Measures for a while more. */
async function serve(measured: Measured, forMs: number): Promise<void> {
  const started = performance.now();
  simasId.start(codes());
  while (performance.now() - started < forMs) {
    measured.waits.push(await probe());
    await sleep(PROBE_EVERY_MS);
  }
  measured.seconds += (performance.now() - started) / 1000;
  measured.codes += (await simasId.stop())[200] ?? 0;
}

const nothingYet = (): Measured => ({ waits: [], codes: 0, seconds: 0 });

function p99({ waits }: Measured): number {
  const sorted = [...waits].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
}

/** Processor time that one request of the attackers costs the gateway, in milliseconds; from many addresses it takes more of them. */
async function cost(attack: Attack, from: readonly string[]): Promise<number> {
  const before = gateway.cpuSeconds();
  attackers.start(order(attack, from));
  await sleep(ALONE_MS);
  const answers = Object.values(await attackers.stop()).reduce((sum, count) => sum + count, 0);
  return (1_000 * (gateway.cpuSeconds() - before)) / (answers + ATTACKERS);
}

const JSON_BODY = { 'content-type': 'application/json' };
const FORGED = {
  twilio: { 'x-twilio-signature': `${'A'.repeat(27)}=` },
  meta: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
};

/** What is the most work for each of the webhooks, and for whatever else anybody may ask for. */
const ATTACKS: readonly Attack[] = [
  {
    method: 'POST',
    path: '/v1/webhooks/sms/x',
    headers: { 'x-twilio-signature': 'x' },
    body: 'a&'.repeat(131_000),
  },
  { method: 'POST', path: '/v1/webhooks/sms/nanovest', headers: FORGED.twilio, body: 'a&'.repeat(8_000) },
  {
    method: 'POST',
    path: '/v1/webhooks/sms/nanovest',
    headers: FORGED.twilio,
    body: `${'a&'.repeat(90)}b=${'x'.repeat(16_000)}`,
  },
  { method: 'POST', path: '/v1/webhooks/whatsapp/nanovest', headers: FORGED.meta, body: 'x'.repeat(262_000) },
  { method: 'POST', path: '/v1/webhooks/whatsapp/x', headers: FORGED.meta, body: '[[' },
  {
    method: 'GET',
    path: '/v1/webhooks/whatsapp/nanovest?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1',
  },
  {
    method: 'POST',
    path: '/coe/submissions-callback',
    headers: { authorization: 'Bearer x', ...JSON_BODY },
    body: '['.repeat(262_000),
  },
  {
    method: 'POST',
    path: '/v1/webhooks/otp',
    headers: { authorization: `Basic ${'a'.repeat(8_000)}`, ...JSON_BODY },
    body: '['.repeat(4_000),
  },
  { method: 'GET', path: '/v1/me', headers: { authorization: `Bearer ${'a'.repeat(8_000)}` } },
  { method: 'GET', path: `/v1/me?${'a&'.repeat(4_000)}` },
  { method: 'GET', path: `/nothing?${'a&'.repeat(4_000)}` },
  { method: 'GET', path: `/${'a/'.repeat(4_000)}` },
  ...['/docs', '/docs/swagger-ui-init.js', LARGEST_FILE, '/openapi.json'].map((path) => ({
    method: 'GET',
    path,
  })),
];

/** Every route of the document, with credentials that look as they should and are wrong. */
async function everyRoute(): Promise<Attack[]> {
  const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>>;
  };
  const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956' });
  const wrong = (scheme: string | undefined): Attack['headers'] => {
    if (scheme === undefined) return {};
    if (scheme === 'user') return { authorization: `Bearer ${token.slice(0, -20)}${'A'.repeat(20)}` };
    return { authorization: basic('somebody', 'a-wrong-password') };
  };
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '6285610573956'),
      headers: { ...wrong(Object.keys(security?.[0] ?? {})[0]), ...JSON_BODY },
      ...(method === 'get' || method === 'delete' ? {} : { body: '{}' }),
    })),
  );
}

describe('Sixteen attackers on any route that a stranger can reach', () => {
  it('keep nobody else from being served, and no request of theirs costs more than a few milliseconds', async () => {
    await serve(nothingYet(), WARM_MS); // until the just-in-time compiler has seen it
    const missed: object[] = [];
    for (const [index, attack] of [...ATTACKS, ...(await everyRoute())].entries()) {
      const addresses = Array.from({ length: ATTACKERS }, (_, attacker) => `127.1.${index}.${attacker + 1}`);
      const cpuMs = await cost(attack, addresses);
      const calm = nothingYet();
      const attacked = nothingYet();
      for (let round = 0; round < ROUNDS; round += 1) {
        await serve(calm, ROUND_MS);
        attackers.start(order(attack, [`127.2.${index}.1`]));
        await serve(attacked, ROUND_MS);
        await attackers.stop();
      }
      const share = (attacked.codes / attacked.seconds) * (calm.seconds / calm.codes);
      const wait = p99(attacked);
      const name = `${attack.method} ${attack.path.slice(0, 60)}`;
      process.stdout.write(
        `${name.padEnd(68)} ${(100 * share).toFixed(0).padStart(3)} % of ${(calm.codes / calm.seconds).toFixed(0)} codes/s, ` +
          `/health/live p99 ${wait.toFixed(1).padStart(5)} ms, ${cpuMs.toFixed(2)} ms of CPU a request\n`,
      );
      if (wait >= MAX_P99_MS || share < MIN_SHARE || (cpuMs > MAX_CPU_MS && attack.path !== LARGEST_FILE))
        missed.push({ name, wait, share, cpuMs });
    }
    expect(missed).toEqual([]);
  }, 600_000);
});
