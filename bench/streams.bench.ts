import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, percentile, type Report } from './benchmark';
import { openWorkplace, verifiedSubmission, type Workplace } from './gtf/workplace';

const STREAMS = 1_000;
const SUBMISSIONS = 100;
const EVENTS_A_SECOND = 100;
const SECONDS = 10;
const MAX_RATIO = 1.2;

/** A watching browser: how long each reading took from the event's own time to its arrival, milliseconds. */
interface Watcher {
  readonly delays: number[];
  readonly connection: ClientRequest;
}

/** A thousand browsers watch submissions on one process while a hundred events a second happen. */
export const streams: Benchmark = {
  name: 'streams',
  title: `${STREAMS} open event streams on one process, ${EVENTS_A_SECOND} events a second (yardstick: bare node:http)`,
  async run(report) {
    const workplace = await openWorkplace();
    try {
      const ids = await submissions(workplace);
      const target = (index: number): Target => ({
        url: `${workplace.url}/v1/submissions/${ids[index % ids.length] ?? ''}/stream`,
        authorization: workplace.backOffice,
      });
      const { perStream: ours, watchers } = await memoryOfAStream(`${workplace.url}/metrics`, target);
      const bare = await bareMemory();
      report.figure({
        what: 'memory of one open stream',
        ours: kilobytes(ours),
        yardstick: `${kilobytes(bare)} of bare node:http`,
        ratio: ours / bare,
        floor: { bound: 'at most', limit: MAX_RATIO },
      });
      await events(report, workplace, ids, watchers);
      for (const { connection } of watchers) connection.destroy();
    } finally {
      await workplace.close();
    }
  },
};

async function submissions(workplace: Workplace): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < SUBMISSIONS) {
    const ten = Array.from({ length: 10 }, (_, index) =>
      verifiedSubmission(workplace, `6285610573${100 + ids.length + index}`),
    );
    ids.push(...(await Promise.all(ten)));
  }
  return ids;
}

/** Every reading of an identity is an event: how long until all who watch have seen it. */
async function events(
  report: Report,
  { url, backOffice }: Workplace,
  ids: readonly string[],
  watchers: readonly Watcher[],
): Promise<void> {
  const total = EVENTS_A_SECOND * SECONDS;
  const readings: Promise<void>[] = [];
  const started = performance.now();
  for (let index = 0; index < total; index += 1) {
    await sleep(Math.max(0, started + (index * 1000) / EVENTS_A_SECOND - performance.now()));
    readings.push(
      read(`${url}/v1/submissions/${ids[index % ids.length] ?? ''}/identity?purpose=bench`, backOffice),
    );
  }
  await Promise.all(readings);
  const rate = total / ((performance.now() - started) / 1000);
  await sleep(1_000);
  const delays = watchers.flatMap((watcher) => watcher.delays);
  report.figure({
    what: `an event at ${rate.toFixed(0)}/s until it is in the browser, p50 / p95 / p99`,
    ours: `${[0.5, 0.95, 0.99].map((share) => percentile(delays, share)).join(' / ')} ms`,
  });
  report.note(`${delays.length} of ${(total * STREAMS) / ids.length} deliveries arrived`);
}

async function read(path: string, authorization: string): Promise<void> {
  const answer = await fetch(path, { headers: { authorization } });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`the identity route answered ${answer.status}`);
}

interface Target {
  readonly url: string;
  readonly authorization: string;
}

async function watchAll(target: (index: number) => Target): Promise<Watcher[]> {
  const watchers: Watcher[] = [];
  while (watchers.length < STREAMS) {
    const fifty = Array.from({ length: 50 }, (_, index) => watch(target(watchers.length + index)));
    watchers.push(...(await Promise.all(fifty)));
  }
  return watchers;
}

function watch({ url, authorization }: Target): Promise<Watcher> {
  return new Promise((resolve, reject) => {
    const delays: number[] = [];
    const connection = request(url, { agent: false, headers: { authorization } }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`a stream answered ${answer.statusCode}`));
      answer.setEncoding('utf8').on('data', (text: string) => {
        for (const [, at] of text.matchAll(/"type":"identity.read","at":"([^"]+)"/g))
          delays.push(Date.now() - Date.parse(at ?? ''));
      });
      answer.on('error', () => undefined);
      resolve({ delays, connection });
    });
    connection.on('error', reject);
    connection.end();
  });
}

/** What a thousand streams add when a thousand are open already: the first ones only fill what the process has to spare. */
async function memoryOfAStream(
  metricsUrl: string,
  target: (index: number) => Target,
): Promise<{ readonly perStream: number; readonly watchers: readonly Watcher[] }> {
  const watchers = await watchAll(target);
  await sleep(2_000);
  const before = await memoryOf(metricsUrl);
  const further = await watchAll(target);
  await sleep(2_000);
  const perStream = ((await memoryOf(metricsUrl)) - before) / STREAMS;
  for (const { connection } of further) connection.destroy();
  return { perStream, watchers };
}

async function memoryOf(metricsUrl: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

const BARE = `
require('node:http').createServer((request, response) => {
  if (request.url === '/metrics') return response.end('process_resident_memory_bytes ' + process.memoryUsage().rss);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('id: 1\\n\\n');
}).listen(0, '127.0.0.1', function () { process.stdout.write(String(this.address().port)); });`;

async function bareMemory(): Promise<number> {
  const server: ChildProcess = spawn(process.execPath, ['-e', BARE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(server.stdout ?? server, 'data')) as [Buffer];
    const url = `http://127.0.0.1:${port.toString()}`;
    const { perStream, watchers } = await memoryOfAStream(`${url}/metrics`, () => ({
      url,
      authorization: 'none',
    }));
    for (const { connection } of watchers) connection.destroy();
    return perStream;
  } finally {
    server.kill();
  }
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
