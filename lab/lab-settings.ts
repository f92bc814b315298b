import { join } from 'node:path';
import { unitPrefix } from './gateway-environment';
import type { GatewayAddress } from './gateway-link';
import type { LabOptions } from './index';

const FIRST_PORT = 4400;
const GATEWAY_URL = 'http://127.0.0.1:3000';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The lab's settings. The gateway's own variables serve, so that one environment starts both;
 * `LAB_STATE_DIR`, `LAB_GATEWAY_URL` and `LAB_OTP_WEBHOOK` (JSON, `{ "<unit>": { "user", "password" } }`) override them.
 * `LAB_HOST` is where its servers listen (`localhost`; `0.0.0.0` in a container).
 * @throws Error that names the variable which cannot be read
 */
export function readLabSettings(environment: Environment): LabOptions & { gateway: GatewayAddress } {
  const given = (name: string): string | undefined => environment[name] || undefined;
  const units = (given('BUSINESS_UNITS') ?? 'nanovest,siminvest')
    .split(',')
    .map((unit) => unit.trim())
    .filter((unit) => unit !== '');
  const dataDir = given('DATA_DIR');
  const host = given('LAB_HOST');
  const stateDir = given('LAB_STATE_DIR') ?? (dataDir === undefined ? undefined : join(dataDir, 'lab'));
  return {
    basePort: portOf(given('LAB_BASE_PORT')),
    units,
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(host === undefined ? {} : { host }),
    gateway: {
      url: (given('LAB_GATEWAY_URL') ?? given('PUBLIC_URL') ?? GATEWAY_URL).replace(/\/$/, ''),
      otpWebhook: { ...webhooksOf(units, given), ...parsedWebhooks(given('LAB_OTP_WEBHOOK')) },
    },
  };
}

/** Thirteen ports in a row must exist. */
function portOf(text: string | undefined): number {
  const port = text === undefined ? FIRST_PORT : Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_523) {
    throw new Error('LAB_BASE_PORT must be a port number from 1 to 65523');
  }
  return port;
}

/** The first of each unit's OTP webhook credentials, as SIMAS-ID would have been told it. */
function webhooksOf(
  units: readonly string[],
  given: (name: string) => string | undefined,
): GatewayAddress['otpWebhook'] {
  return Object.fromEntries(
    units.flatMap((unit) => {
      const first = given(`${unitPrefix(unit)}OTP_WEBHOOK_CREDENTIALS`)?.split(/[,\n]/)[0] ?? '';
      const colon = first.indexOf(':');
      const webhook = { user: first.slice(0, colon), password: first.slice(colon + 1) };
      return colon < 0 ? [] : [[unit, webhook] as const];
    }),
  );
}

function parsedWebhooks(text: string | undefined): GatewayAddress['otpWebhook'] {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as GatewayAddress['otpWebhook'];
  } catch {
    throw new Error('LAB_OTP_WEBHOOK is no JSON');
  }
}
