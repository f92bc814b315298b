import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab';
import { freeLoopbackPort } from '../launch/free-port';
import { load } from './auth/load';
import { type Benchmark, median, medianRatio, type Report } from './benchmark';
import { openSurroundings } from './surroundings';
import { BARE } from '../test/support/bare-environment';

const ROUNDS = 9;
const NEW_TOKENS = 1_200;
const REPEATS = 4_000;
const TOKENS_REPEATED = 50;
/** Until the just-in-time compiler is done with both paths. */
const WARM_UP_NEW = 6_000;
const WARM_UP_REPEATS = 30_000;
const TRACEPARENT = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n';

interface Server {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

/** Requests of each server per second of processor time, round by round. */
type Rates = ReadonlyMap<string, number[]>;

/** `GET /v1/me`: what it costs to know who calls, with tokens that repeat and with tokens that are always new. */
export const auth: Benchmark = {
  name: 'auth',
  title: 'GET /v1/me, one core each: repeated tokens, and tokens that are always new',
  async run(report) {
    const { folder, lab, environment, close } = await openSurroundings();
    const servers: Server[] = [];
    try {
      pin(process.pid, 1);
      const common = { ...environment, SIMAS_ID_JWKS_URI: `${lab.simasId.url}/v1/oidc/certs` };
      const log = join(folder, 'gateway.log');
      const script = (name: string): string[] => [
        '--import',
        'tsx',
        join('bench', 'auth', `${name}-server.ts`),
      ];
      servers.push(await start('gateway', [join('dist', 'main.js')], common, log));
      for (const name of ['stock', 'bare', 'jose'])
        servers.push(await start(name, script(name), common, log));
      await warmUp(servers, lab);
      // Signed beforehand: in the pause that signing takes, a server would cool down.
      const fresh = requests(lab, ROUNDS * NEW_TOKENS);
      const rates = await measure(servers, {
        repeated: rounds(repeats(lab), REPEATS),
        traced: rounds(repeats(lab, TRACEPARENT), REPEATS),
        fresh: rounds(fresh, NEW_TOKENS),
      });
      tell(report, 'repeated tokens', rates.repeated, { stock: 4, bare: 1 });
      tell(report, 'new tokens', rates.fresh, { stock: 2, bare: 0.55 });
      const [traced, untraced] = [rates.traced, rates.repeated].map((one) => one.get('gateway') ?? []);
      report.figure({
        what: 'repeated tokens, requests with a `traceparent`',
        ours: `${median(traced ?? []).toFixed(0)}/s`,
        yardstick: `${median(untraced ?? []).toFixed(0)}/s without`,
        ratio: medianRatio(traced ?? [], untraced ?? []),
      });
    } finally {
      for (const server of servers) await stop(server);
      await close();
    }
  },
};

async function start(
  name: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  log: string,
): Promise<Server> {
  const port = await freeLoopbackPort();
  const child = spawn(process.execPath, command, {
    env: { ...BARE, ...environment, PORT: String(port) },
    stdio: ['ignore', openSync(log, 'a'), 'inherit'],
  });
  pin(child.pid ?? 0, 0);
  const server = { name, port, process: child };
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${name} ended while starting`);
    await sleep(20);
  }
  return server;
}

async function listens(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/v1/me`).then(
    ({ status }) => status === 401 || status === 500,
    () => false,
  );
}

async function stop({ process: child }: Server): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Servers on one core, the load on another, where the system can do that. */
function pin(pid: number, core: number): void {
  if (cpus().length > 1) spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

async function warmUp(servers: readonly Server[], lab: Lab): Promise<void> {
  const fresh = requests(lab, WARM_UP_NEW);
  const repeated = repeats(lab).slice(0, WARM_UP_REPEATS);
  for (const { name, port } of servers) {
    await load(port, fresh);
    // The stock stack treats both alike, and is slow: once is enough.
    if (name !== 'stock') await load(port, repeated);
  }
}

/**
 * Servers take turns, so that whatever else the machine does hits all alike, and so do the two kinds of tokens: Node throws away the
 * machine code of what did not run for a while, and no gateway sees tens of thousands of repeated tokens without a new one.
 */
async function measure<Kind extends string>(
  servers: readonly Server[],
  samples: Readonly<Record<Kind, readonly Buffer[][]>>,
): Promise<Readonly<Record<Kind, Rates>>> {
  const kinds = Object.keys(samples) as Kind[];
  const none = (): Rates => new Map(servers.map(({ name }): [string, number[]] => [name, []]));
  const rates = Object.fromEntries(kinds.map((kind) => [kind, none()])) as Record<Kind, Rates>;
  for (let round = 0; round < ROUNDS; round += 1)
    for (const kind of kinds) {
      const sample = samples[kind][round] ?? [];
      for (const { name, port, process: child } of servers) {
        if (kind === 'traced' && name !== 'gateway') continue;
        const before = processorSeconds(child.pid ?? 0);
        await load(port, sample);
        rates[kind].get(name)?.push(sample.length / (processorSeconds(child.pid ?? 0) - before));
      }
    }
  return rates;
}

/**
 * The processor time a process has used, in seconds, from the scheduler's own account in nanoseconds, over all its threads: garbage
 * collection on another thread counts too. What a server gets done in a second of it is what it gets done on one core, whatever else
 * the machine does meanwhile.
 */
function processorSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}

function repeats(lab: Lab, headers = ''): Buffer[] {
  const pool = requests(lab, TOKENS_REPEATED, headers);
  return Array.from({ length: ROUNDS * REPEATS }, (_, index) => pool[index % pool.length] ?? Buffer.alloc(0));
}

function rounds(all: readonly Buffer[], size: number): Buffer[][] {
  return Array.from({ length: ROUNDS }, (_, round) => all.slice(round * size, (round + 1) * size));
}

function requests(lab: Lab, count: number, headers = ''): Buffer[] {
  return Array.from({ length: count }, () => {
    const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956' });
    return Buffer.from(
      `GET /v1/me HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n`,
    );
  });
}

function tell(
  report: Report,
  what: string,
  rates: Rates,
  floors: Readonly<Record<'stock' | 'bare', number>>,
): void {
  const of = (name: string): number[] => rates.get(name) ?? [];
  const against = (name: string, words: string, limit?: number): void =>
    report.figure({
      what: `${what}, requests a second of one core`,
      ours: `${median(of('gateway')).toFixed(0)}/s with log and metrics`,
      yardstick: `${median(of(name)).toFixed(0)}/s of ${words}`,
      ratio: medianRatio(of('gateway'), of(name)),
      ...(limit === undefined ? {} : { floor: { bound: 'at least', limit } as const }),
    });
  against('stock', 'Nest, Express, passport-jwt, jwks-rsa as in their READMEs', floors.stock);
  against('bare', 'bare node:http and node:crypto', floors.bare);
  against('jose', 'Fastify and jose as in their READMEs');
}
