import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeChild } from './child-process';
import type { Environment } from './given-environment';
import { LaunchError } from './launch-error';

/** Migrations of a large database take their time; a gateway that gives up says so itself and earlier. */
const readyDeadlineMs = 120_000;
const askEveryMs = 100;

export function spawnGateway(dataDir: string, environment: Environment): NodeChild {
  return new NodeChild({
    name: 'gateway',
    command: ['--enable-source-maps', join('dist', 'main.js')],
    environment: { ...environment, DATA_DIR: dataDir },
    logFile: join(dataDir, 'gateway.log'),
  });
}

/** @throws LaunchError when `/health/ready` does not answer 200 in time. */
export async function untilReady(gateway: NodeChild, url: string): Promise<void> {
  const deadline = performance.now() + readyDeadlineMs;
  let last = 'nothing';
  while (performance.now() < deadline) {
    try {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
      if (answer.status === 200) return;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(askEveryMs);
  }
  throw new LaunchError(
    `The gateway was not ready after ${readyDeadlineMs / 1000} s (${url}/health/ready: ${last}): its log ${gateway.logFile} says why.`,
  );
}
