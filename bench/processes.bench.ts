import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeLoopbackPort } from '../launch/free-port';
import { GatewayProcess } from '../test/support/gateway-process';
import { load } from './auth/load';
import { type Benchmark, median, medianRatio, type Report } from './benchmark';
import { codeOf } from './otp/workplace';
import { openSurroundings, type Surroundings } from './surroundings';

const NGINX = '/usr/sbin/nginx';
const PROCESSES = [1, 2, 4] as const;
const ROUNDS = 3;
const REQUESTS = 4_000;
const WARM_UP = 8_000;
const CONNECTIONS = 48;

/** Requests a second by what was asked, round by round. */
type Rates = Readonly<Record<'token' | 'code', readonly number[]>>;

let used = 0;

/** What more processes on one machine and one PostgreSQL bring, nginx in front of them. */
export const processes: Benchmark = {
  name: 'processes',
  title: `${PROCESSES.join(', ')} processes behind nginx on one machine (yardstick: one process)`,
  async run(report) {
    if (!existsSync(NGINX))
      return report.note('not measured: there is no nginx here (apt-get install nginx-light)');
    const surroundings = await openSurroundings();
    try {
      const [alone, ...more] = PROCESSES;
      const one = await measure(surroundings, alone);
      tell(report, alone, one, one);
      for (const count of more) tell(report, count, await measure(surroundings, count), one);
    } finally {
      await surroundings.close();
    }
  },
};

function tell(report: Report, count: number, rates: Rates, one: Rates): void {
  const words = { token: 'GET /v1/me, repeated tokens', code: 'codes acknowledged, durable' } as const;
  for (const kind of ['token', 'code'] as const)
    report.figure({
      what: `${words[kind]}: ${count} process${count === 1 ? '' : 'es'}`,
      ours: `${median(rates[kind]).toFixed(0)}/s`,
      ...(count === 1
        ? {}
        : {
            yardstick: `${median(one[kind]).toFixed(0)}/s of one process`,
            ratio: medianRatio(rates[kind], one[kind]),
          }),
    });
}

async function measure(surroundings: Surroundings, count: number): Promise<Rates> {
  const gateways = await Promise.all(Array.from({ length: count }, () => start(surroundings)));
  const proxy = await startProxy(
    surroundings.folder,
    gateways.map(({ url }) => new URL(url).host),
  );
  try {
    await load(proxy.port, tokens(surroundings, WARM_UP), CONNECTIONS);
    await load(proxy.port, codes(surroundings, WARM_UP), CONNECTIONS);
    const rates = { token: [] as number[], code: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.token.push(await perSecond(proxy.port, tokens(surroundings, REQUESTS)));
      rates.code.push(await perSecond(proxy.port, codes(surroundings, REQUESTS)));
    }
    return rates;
  } finally {
    await proxy.close();
    for (const gateway of gateways) await gateway.end('SIGTERM');
  }
}

async function start({ environment }: Surroundings): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.prepare((url) => ({
    ...environment,
    PUBLIC_URL: url,
    ROLE: 'api',
    LOG_LEVEL: 'info',
    TRUST_PROXY: '1',
  }));
  await gateway.start();
  return gateway;
}

interface Proxy {
  readonly port: number;
  readonly close: () => Promise<void>;
}

async function startProxy(folder: string, hosts: readonly string[]): Promise<Proxy> {
  const port = await freeLoopbackPort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream gateways { ${hosts.map((host) => `server ${host};`).join(' ')} keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://gateways; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`,
  );
  const nginx = spawn(NGINX, ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  while (
    !(await fetch(`http://127.0.0.1:${port}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (nginx.exitCode !== null) throw new Error('nginx ended while starting');
    await sleep(50);
  }
  return {
    port,
    close: async () => {
      nginx.kill('SIGTERM');
      if (nginx.exitCode === null) await once(nginx, 'exit');
    },
  };
}

async function perSecond(port: number, requests: readonly Buffer[]): Promise<number> {
  const started = performance.now();
  await load(port, requests, CONNECTIONS);
  return (requests.length / (performance.now() - started)) * 1000;
}

function tokens({ lab }: Surroundings, count: number): Buffer[] {
  const all = Array.from({ length: 50 }, () => {
    const token = lab.simasId.mintToken({ unit: 'nanovest', phoneNumber: '6285610573956' });
    return Buffer.from(`GET /v1/me HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  });
  return Array.from({ length: count }, (_, index) => all[index % all.length] ?? Buffer.alloc(0));
}

function codes({ secrets }: Surroundings, count: number): Buffer[] {
  const credentials = Buffer.from(secrets['BU_NANOVEST_OTP_WEBHOOK_CREDENTIALS'] ?? '').toString('base64');
  return Array.from({ length: count }, () => {
    const number = used++;
    const body = JSON.stringify({
      identifier: `62811${10_000_000 + number}`,
      otp: codeOf(number),
      channel: 'sms',
    });
    return Buffer.from(
      `POST /v1/webhooks/otp HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic ${credentials}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  });
}
