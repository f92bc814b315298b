import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from './embedded-postgres';
import { configured, type Environment } from './given-environment';
import { LaunchError } from './launch-error';
import { step } from './progress';
import type { Supervisor } from './supervisor';

/** Migrations of a large database take their time; a gateway that gives up says so itself and earlier. */
const READY_WITHIN_MS = 120_000;
const ASK_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 5_000;

/** Starts PostgreSQL and returns `DATABASE_URL`. */
export async function startDatabase(supervisor: Supervisor, dataDir: string): Promise<string> {
  const onUnexpectedEnd = (words: string): void =>
    supervisor.halt(new LaunchError(`PostgreSQL ended by itself (${words}), so everything was stopped.`));
  const postgres = await step(
    'PostgreSQL',
    () => startEmbeddedPostgres({ dataDir, onUnexpectedEnd }),
    ({ port }) => `postgres://127.0.0.1:${port}`,
  );
  supervisor.onStop(() => postgres.stop());
  if (dirname(postgres.cluster) !== realpathSync(dataDir))
    process.stdout.write(
      `  PostgreSQL's data is kept in ${postgres.cluster}, which its account can enter.\n`,
    );
  return postgres.url;
}

/** What the lab says once it listens. */
export interface LabReady {
  /** Addresses of its servers. */
  urls: Record<string, string>;
  /** The gateway's variables that make it talk to the lab instead of the partners. */
  environment: Record<string, string>;
}

const PASSED_TO_LAB =
  /^(PATH|HOME|TMPDIR|LAB_\w+|BUSINESS_UNITS|PUBLIC_URL|BU_\w+_OTP_WEBHOOK_CREDENTIALS)(_FILE)?$/;

/** Starts the partner lab. Of the gateway's secrets it learns only what its SIMAS-ID needs to call the OTP webhook. */
export function startLab(
  supervisor: Supervisor,
  dataDir: string,
  environment: Environment,
): Promise<LabReady> {
  const names = Object.keys(environment).flatMap((name) => PASSED_TO_LAB.exec(name)?.[1] ?? []);
  const passedOn = names.map((name) => [name, configured(environment, name)]);
  const program = {
    name: 'partner lab',
    command: ['--import', 'tsx', join('lab', 'main.ts')],
    environment: { ...(Object.fromEntries(passedOn) as Environment), DATA_DIR: dataDir },
    logFile: join(dataDir, 'lab.log'),
    graceMs: 3_000,
  };
  return step(
    'partner lab',
    () => supervisor.run(program, async (lab) => ((await once(lab, 'message')) as [LabReady])[0]),
    ({ urls }) => Object.values(urls)[0] ?? '',
  );
}

/**
 * Starts the gateway and waits until it is ready.
 * @throws LaunchError when `/health/ready` does not answer 200 in time
 */
export function startGateway(
  supervisor: Supervisor,
  dataDir: string,
  environment: Environment,
  url: string,
): Promise<void> {
  const program = {
    name: 'gateway',
    command: ['--enable-source-maps', '--max-semi-space-size=16', join('dist', 'main.js')],
    environment: { ...environment, DATA_DIR: dataDir },
    logFile: join(dataDir, 'gateway.log'),
    graceMs: 12_000, // it finishes running requests within 10 s
  };
  return step(
    'gateway',
    () => supervisor.run(program, () => untilReady(url, program.logFile)),
    () => url,
  );
}

async function untilReady(url: string, logFile: string): Promise<void> {
  let last = 'nothing';
  for (
    const since = performance.now();
    performance.now() - since < READY_WITHIN_MS;
    await sleep(ASK_EVERY_MS)
  )
    try {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      if (answer.ok) return;
      last = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
  throw new LaunchError(
    `The gateway was not ready after ${READY_WITHIN_MS / 1000} s (${url}/health/ready: ${last}): its log ${logFile} says why.`,
  );
}
