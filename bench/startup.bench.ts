import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeLoopbackPort } from '../launch/free-port';
import { type Benchmark, median } from './benchmark';
import { openSurroundings } from './surroundings';
import { BARE } from '../test/support/bare-environment';

const RUNS = 5;
/** The garbage of starting is collected when the young generation fills up for the first time; idle, that takes a while. */
const IDLE_MS = 75_000;
const MAX_SECONDS = 3;
const MAX_MEGABYTES = 200;

interface Sample {
  readonly seconds: number;
  readonly megabytes: number;
  readonly idleMegabytes: number;
}

/** How long the gateway process takes from exec to ready, and what it holds when idle, PostgreSQL and lab not counted. */
export const startup: Benchmark = {
  name: 'startup',
  title: 'Start-up time and idle memory of the gateway process',
  async run(report) {
    const surroundings = await openSurroundings();
    try {
      const port = await freeLoopbackPort();
      const environment = { ...surroundings.environment, PORT: String(port) };
      await sample(environment, port); // the first start runs the migrations
      const samples: Sample[] = [];
      for (let run = 1; run < RUNS; run += 1) samples.push(await sample(environment, port));
      report.note(`measuring idle memory takes ${IDLE_MS / 1000} s`);
      const last = await sample(environment, port, IDLE_MS);
      const yardstick = median(await nodeItself());
      const seconds = median([...samples, last].map((one) => one.seconds));
      const fresh = median([...samples, last].map((one) => one.megabytes));
      report.figure({
        what: `ready after its start (median of ${RUNS})`,
        ours: `${seconds.toFixed(2)} s`,
        yardstick: `${yardstick.toFixed(2)} s for an empty Node.js process`,
        ratio: seconds / yardstick,
        floor: { bound: 'at most', limit: MAX_SECONDS, value: seconds, unit: 's' },
      });
      report.figure({
        what: `resident when ready (median of ${RUNS})`,
        ours: `${fresh.toFixed(0)} MB`,
        floor: { bound: 'at most', limit: MAX_MEGABYTES, value: fresh, unit: 'MB' },
      });
      report.figure({
        what: `resident after ${IDLE_MS / 1000} s idle`,
        ours: `${last.idleMegabytes.toFixed(0)} MB`,
      });
    } finally {
      await surroundings.close();
    }
  },
};

async function sample(environment: Record<string, string>, port: number, idleMs = 0): Promise<Sample> {
  const started = performance.now();
  // As the image starts it.
  const gateway = spawn(process.execPath, ['--max-semi-space-size=16', join('dist', 'main.js')], {
    env: { ...BARE, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    while (!(await isReady(port))) {
      if (gateway.exitCode !== null) throw new Error('the gateway ended while starting');
      await sleep(10);
    }
    const seconds = (performance.now() - started) / 1000;
    const megabytes = residentMegabytes(gateway.pid ?? 0);
    await sleep(idleMs);
    return { seconds, megabytes, idleMegabytes: residentMegabytes(gateway.pid ?? 0) };
  } finally {
    gateway.kill('SIGTERM');
    if (gateway.exitCode === null) await once(gateway, 'exit');
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
  return answer?.status === 200;
}

/** Resident set of a process, from the kernel's own account. */
function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function nodeItself(): Promise<number[]> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now();
    await once(spawn(process.execPath, ['-e', '0']), 'exit');
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds;
}
