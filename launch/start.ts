import { buildPagesWhenStale, buildWhenStale } from './build';
import { credentialsOf } from './credentials';
import { openDataFolder } from './data-folder';
import { lockFolder } from './folder-lock';
import { assertFree, gatewayAddress } from './gateway-address';
import { generatedSecrets } from './generated-secrets';
import { completed, configured, type Environment, isUnset } from './given-environment';
import { LaunchError } from './launch-error';
import { startDatabase, startGateway, startLab } from './parts';
import { step } from './progress';
import { publishRunningState } from './running-state';
import { needsLab, ofSimulatedPartners } from './simulated-partners';
import { Interrupted, ProcessEnded, Supervisor } from './supervisor';
import { welcome } from './welcome';

/** Whom the lab plays for when nobody is configured. */
const sampleUnits = 'nanovest,siminvest';

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
  const withLab = needsLab(given);
  const buildPages = (): Promise<boolean> => buildPagesWhenStale(withLab ? undefined : ['console']);
  await step('program', buildWhenStale, (built) => (built ? 'compiled' : 'up to date'));
  await step('pages', buildPages, (built) => (built ? 'compiled' : 'up to date'));

  const database = isUnset(given, 'DATABASE_URL')
    ? { DATABASE_URL: await startDatabase(supervisor, dataDir) }
    : {};
  const units = businessUnits(given, withLab);
  const secrets = generatedSecrets(dataDir, given, units);
  const own = completed(given, {
    ...database,
    ...secrets,
    PUBLIC_URL: address.url,
    BUSINESS_UNITS: units.join(','),
  });
  const credentials = credentialsOf(own, units);
  const lab = withLab ? await startLab(supervisor, dataDir, own, credentials) : null;
  const simulated = ofSimulatedPartners(lab?.environment ?? {}, given);
  const environment = completed(own, simulated);
  await startGateway(supervisor, dataDir, environment, address.url);

  const supplied = Object.fromEntries(Object.entries(environment).filter(([name]) => !(name in given)));
  const state = { gatewayUrl: address.url, lab: lab?.urls ?? null, businessUnits: credentials, supplied };
  supervisor.onStop(publishRunningState(dataDir, state));
  const simulatedSimasId = simulated.SIMAS_ID_BASE_URL ?? null;
  const onboarding = simulatedSimasId === null ? undefined : lab?.urls['onboarding'];
  const started = { dataDir, gatewayUrl: address.url, units, secrets, simulatedSimasId, onboarding };
  process.stdout.write(welcome(started));
}

function businessUnits(given: Environment, withLab: boolean): string[] {
  const list = configured(given, 'BUSINESS_UNITS') ?? (withLab ? sampleUnits : '');
  return list.split(',').flatMap((unit) => unit.trim() || []);
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
