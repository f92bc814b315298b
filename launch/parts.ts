import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitCredentials } from './credentials';
import { startEmbeddedPostgres } from './embedded-postgres';
import { type Environment, unitPrefix } from './given-environment';
import { LaunchError } from './launch-error';
import { step } from './progress';
import type { Supervisor } from './supervisor';

/** Migrations of a large database take their time; a gateway that gives up says so itself and earlier. */
const readyDeadlineMs = 120_000;
const askEveryMs = 100;

/** Starts PostgreSQL and returns `DATABASE_URL`. */
export async function startDatabase(supervisor: Supervisor, dataDir: string): Promise<string> {
  const postgres = await step(
    'PostgreSQL',
    () =>
      startEmbeddedPostgres({
        dataDir,
        onUnexpectedEnd: (words) =>
          supervisor.fail(`PostgreSQL ended by itself (${words}), so everything was stopped.`),
      }),
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

/** Starts the partner lab. Of the gateway's secrets it learns only what its SIMAS-ID needs to call the OTP webhook. */
export function startLab(
  supervisor: Supervisor,
  dataDir: string,
  environment: Environment,
  credentials: Readonly<Record<string, UnitCredentials>>,
): Promise<LabReady> {
  const passedOn = /^(PATH|HOME|TMPDIR|LAB_.*|BUSINESS_UNITS|PUBLIC_URL)$/;
  const webhooks = Object.entries(credentials).map(
    ([unit, { otpWebhook }]) =>
      [`${unitPrefix(unit)}OTP_WEBHOOK_CREDENTIALS`, otpWebhook ?? undefined] as const,
  );
  const program = {
    name: 'partner lab',
    command: ['--import', 'tsx', join('lab', 'main.ts')],
    environment: {
      ...Object.fromEntries(Object.entries(environment).filter(([name]) => passedOn.test(name))),
      ...Object.fromEntries(webhooks),
      DATA_DIR: dataDir,
    },
    logFile: join(dataDir, 'lab.log'),
    graceMs: 3_000,
  };
  const ready = async (lab: ChildProcess): Promise<LabReady> =>
    ((await once(lab, 'message')) as [LabReady])[0];
  return step(
    'partner lab',
    () => supervisor.run(program, ready),
    ({ urls }) => Object.values(urls)[0] ?? '',
  );
}

/** Starts the gateway and waits until it is ready. */
export async function startGateway(
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
  const ready = (): Promise<void> => untilReady(url, program.logFile);
  await step(
    'gateway',
    () => supervisor.run(program, ready),
    () => url,
  );
}

/** @throws LaunchError when `/health/ready` does not answer 200 in time. */
async function untilReady(url: string, logFile: string): Promise<void> {
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
    `The gateway was not ready after ${readyDeadlineMs / 1000} s (${url}/health/ready: ${last}): its log ${logFile} says why.`,
  );
}
