import { buildPagesWhenStale, buildWhenStale } from './build';
import { openDataFolder } from './data-folder';
import { lockFolder } from './folder-lock';
import { assertFree, gatewayAddress } from './gateway-address';
import { generatedSecrets } from './generated-secrets';
import { completed, configured, type Environment, isUnset, unitPrefix } from './given-environment';
import { LaunchError } from './launch-error';
import { startDatabase, startGateway, startLab } from './parts';
import { step } from './progress';
import { publishRunningState, type UnitCredentials } from './running-state';
import { needsLab, ofSimulatedPartners } from './simulated-partners';
import { Supervisor } from './supervisor';
import { welcome } from './welcome';

/** Whom the lab plays for when nobody is configured. */
const SAMPLE_UNITS = 'nanovest,siminvest';

/** `npm start`: starts what is not configured, then the gateway, and stops it all when asked to or when a part ends. */
export async function start(): Promise<never> {
  const supervisor = new Supervisor();
  await bringUp(supervisor, process.env).catch((error: unknown) => supervisor.halt(error));
  const exitCode = report(await supervisor.halted);
  await supervisor.stopAll();
  process.exit(exitCode);
}

async function bringUp(supervisor: Supervisor, given: Environment): Promise<void> {
  const address = gatewayAddress(given);
  const { url: gatewayUrl } = address;
  const dataDir = openDataFolder(configured(given, 'DATA_DIR') ?? '.data');
  supervisor.onStop(lockFolder(dataDir, gatewayUrl));
  await assertFree(address);
  const withLab = needsLab(given);
  const told = (built: boolean): string => (built ? 'compiled' : 'up to date');
  await step('program', buildWhenStale, told);
  await step('pages', buildPagesWhenStale, told);

  const database = isUnset(given, 'DATABASE_URL')
    ? { DATABASE_URL: await startDatabase(supervisor, dataDir) }
    : {};
  const units = businessUnits(given, withLab);
  const secrets = generatedSecrets(dataDir, given, units);
  const addresses = { PUBLIC_URL: gatewayUrl, BUSINESS_UNITS: units.join(',') };
  const own = completed(given, { ...database, ...secrets, ...addresses });
  const lab = withLab ? await startLab(supervisor, dataDir, own) : null;
  const simulated = ofSimulatedPartners(lab?.environment ?? {}, given);
  const environment = completed(own, simulated);
  await startGateway(supervisor, dataDir, environment, gatewayUrl);

  const credentials = Object.fromEntries(units.map((unit) => [unit, credentialsOf(unit, own)]));
  const supplied = Object.fromEntries(Object.entries(environment).filter(([name]) => !(name in given)));
  const state = { gatewayUrl, lab: lab?.urls ?? null, businessUnits: credentials, supplied };
  supervisor.onStop(publishRunningState(dataDir, state));
  const simulatedSimasId = simulated.SIMAS_ID_BASE_URL;
  const onboarding = simulatedSimasId && lab?.urls['onboarding'];
  process.stdout.write(welcome({ dataDir, gatewayUrl, units, secrets, simulatedSimasId, onboarding }));
}

function businessUnits(given: Environment, withLab: boolean): string[] {
  const list = configured(given, 'BUSINESS_UNITS') ?? (withLab ? SAMPLE_UNITS : '');
  return list.split(',').flatMap((unit) => unit.trim() || []);
}

function credentialsOf(unit: string, environment: Environment): UnitCredentials {
  const first = (name: string): string | null =>
    configured(environment, unitPrefix(unit) + name)?.split(/[,\n]/)[0] ?? null;
  return { api: first('API_CREDENTIALS'), otpWebhook: first('OTP_WEBHOOK_CREDENTIALS') };
}

/** Says why it ends; the exit code. */
function report(reason: unknown): number {
  if (!(reason instanceof LaunchError)) {
    // Without its own properties: of an address that cannot be read they are the address, with its password.
    process.stderr.write(`${reason instanceof Error ? reason.stack : String(reason)}\n`);
    return 1;
  }
  const { exitCode, message } = reason;
  (exitCode === 0 ? process.stdout : process.stderr).write(`${message}\n`);
  return exitCode;
}
