import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeChild } from './child-process';
import type { UnitCredentials } from './credentials';
import { startEmbeddedPostgres } from './embedded-postgres';
import { unitPrefix } from './given-environment';
import type { Environment } from './given-environment';
import { LaunchError } from './launch-error';
import { step } from './progress';
import type { Supervisor } from './supervisor';

/** The gateway finishes running requests within 10 s. */
const gatewayGraceMs = 12_000;
const labGraceMs = 3_000;
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
  if (dirname(postgres.cluster) !== realpathSync(dataDir)) {
    process.stdout.write(
      `  PostgreSQL's account cannot enter ${dataDir}; its data is kept in ${postgres.cluster}.\n`,
    );
  }
  return postgres.url;
}

/** What the lab says once it listens. */
export interface LabReady {
  ready: true;
  /** Addresses of its servers. */
  urls: Record<string, string>;
  /** The gateway's variables that make it talk to the lab instead of the partners. */
  environment: Record<string, string>;
}

function isLabReady(message: unknown): message is LabReady {
  return typeof message === 'object' && message !== null && 'ready' in message && message.ready === true;
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
  };
  const start = async (): Promise<LabReady> => {
    const lab = new NodeChild(program);
    const message = await supervisor.run(lab, labGraceMs, lab.firstMessage());
    if (!isLabReady(message)) throw new Error('lab/main.ts did not say that it is ready');
    return message;
  };
  return step('partner lab', start, ({ urls }) => Object.values(urls)[0] ?? '');
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
    command: ['--enable-source-maps', join('dist', 'main.js')],
    environment: { ...environment, DATA_DIR: dataDir },
    logFile: join(dataDir, 'gateway.log'),
  };
  const start = async (): Promise<void> => {
    const gateway = new NodeChild(program);
    await supervisor.run(gateway, gatewayGraceMs, untilReady(url, program.logFile));
  };
  await step('gateway', start, () => url);
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
