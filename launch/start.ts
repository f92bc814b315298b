import { buildWhenStale } from './build';
import { openDataFolder } from './data-folder';
import { startEmbeddedPostgres } from './embedded-postgres';
import { lockFolder } from './folder-lock';
import { assertFree, gatewayAddress } from './gateway-address';
import { spawnGateway, untilReady } from './gateway-process';
import { generatedSecrets } from './generated-secrets';
import { completed, configured, isUnset, unitPrefix } from './given-environment';
import type { Environment } from './given-environment';
import { spawnLab, untilLabIsReady } from './lab-process';
import type { LabReady } from './lab-process';
import { LaunchError } from './launch-error';
import { step } from './progress';
import { publishRunningState } from './running-state';
import { needsLab, ofSimulatedPartners } from './simulated-partners';
import { Interrupted, ProcessEnded, Supervisor } from './supervisor';
import { welcome } from './welcome';

/** Whom the lab plays for when nobody is configured. */
const sampleUnits = 'nanovest,siminvest';
/** The gateway finishes running requests within 10 s. */
const gatewayGraceMs = 12_000;
const labGraceMs = 3_000;

/** `npm start`: starts what is not configured, then the gateway, and stops it all when asked to or when a part ends. */
export async function start(): Promise<never> {
  const supervisor = new Supervisor();
  const exitCode = report(await reasonToEnd(supervisor));
  await supervisor.stopAll();
  process.exit(exitCode);
}

/** Runs until there is one. Ctrl-C in the middle of a step makes the step fail too; the first reason is the true one. */
async function reasonToEnd(supervisor: Supervisor): Promise<unknown> {
  try {
    await bringUp(supervisor, process.env);
    return await supervisor.halted;
  } catch (reason) {
    return Promise.race([supervisor.halted.catch((first: unknown) => first), Promise.resolve(reason)]);
  }
}

async function bringUp(supervisor: Supervisor, given: Environment): Promise<void> {
  const address = gatewayAddress(given);
  const dataDir = openDataFolder(configured(given, 'DATA_DIR') ?? '.data');
  supervisor.onStop(lockFolder(dataDir, address.url));
  await assertFree(address);
  await step('program', buildWhenStale, (built) => (built ? 'compiled' : 'up to date'));
  const databaseUrl = isUnset(given, 'DATABASE_URL') ? await startDatabase(supervisor, dataDir) : null;

  const withLab = needsLab(given);
  const unitList = configured(given, 'BUSINESS_UNITS') ?? (withLab ? sampleUnits : '');
  const units = unitList.split(',').flatMap((unit) => unit.trim() || []);
  const secrets = generatedSecrets(dataDir, given, units);
  const own = completed(given, {
    ...secrets,
    PUBLIC_URL: address.url,
    BUSINESS_UNITS: unitList,
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
  });
  const lab = withLab ? await startLab(supervisor, dataDir, own) : null;
  const simulated = ofSimulatedPartners(lab?.environment ?? {}, given);
  const environment = completed(own, simulated);
  await startGateway(supervisor, dataDir, environment, address.url);

  const credentials = (unit: string, name: string): string | undefined =>
    configured(environment, `${unitPrefix(unit)}${name}`)?.split(/[,\n]/)[0];
  const state = {
    pid: process.pid,
    gatewayUrl: address.url,
    lab: lab?.urls ?? null,
    businessUnits: Object.fromEntries(
      units.map((unit) => [
        unit,
        {
          api: credentials(unit, 'API_CREDENTIALS'),
          otpWebhook: credentials(unit, 'OTP_WEBHOOK_CREDENTIALS'),
        },
      ]),
    ),
  };
  supervisor.onStop(publishRunningState(dataDir, state));
  process.stdout.write(
    welcome({
      dataDir,
      gatewayUrl: address.url,
      units,
      secrets,
      simulatedSimasId: simulated.SIMAS_ID_BASE_URL ?? null,
    }),
  );
}

async function startDatabase(supervisor: Supervisor, dataDir: string): Promise<string> {
  const notices: string[] = [];
  const postgres = await step(
    'PostgreSQL',
    () =>
      startEmbeddedPostgres({
        dataDir,
        notice: (line) => notices.push(line),
        onUnexpectedEnd: (words) =>
          supervisor.fail(`PostgreSQL ended by itself (${words}), so everything was stopped.`),
      }),
    ({ port }) => `postgres://127.0.0.1:${port}`,
  );
  for (const notice of notices) process.stdout.write(`  ${notice}\n`);
  supervisor.onStop(() => postgres.stop());
  return postgres.url;
}

async function startLab(
  supervisor: Supervisor,
  dataDir: string,
  environment: Environment,
): Promise<LabReady> {
  return step(
    'partner lab',
    () => {
      const lab = spawnLab(dataDir, environment);
      return supervisor.run(lab, labGraceMs, untilLabIsReady(lab));
    },
    ({ urls }) => Object.values(urls)[0] ?? '',
  );
}

async function startGateway(
  supervisor: Supervisor,
  dataDir: string,
  environment: Environment,
  url: string,
): Promise<void> {
  await step(
    'gateway',
    () => {
      const gateway = spawnGateway(dataDir, environment);
      return supervisor.run(gateway, gatewayGraceMs, untilReady(gateway, url));
    },
    () => url,
  );
}

/** Says why it ends; the exit code. */
function report(reason: unknown): number {
  if (reason instanceof Interrupted) {
    process.stdout.write('\nStopping.\n');
    return 0;
  }
  const isExpected = reason instanceof LaunchError || !(reason instanceof Error);
  process.stderr.write(
    `${isExpected ? String(reason instanceof Error ? reason.message : reason) : (reason.stack ?? '')}\n`,
  );
  return reason instanceof ProcessEnded ? reason.exitCode : 1;
}
