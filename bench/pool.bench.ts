import { setTimeout as sleep } from 'node:timers/promises';
import { unitPrefix } from '../launch/given-environment';
import { GatewayProcess } from '../test/support/gateway-process';
import { MixedLoad } from '../test/support/mixed-load';
import { backOffice, otpSender } from '../test/support/test-gateway';
import type { Benchmark } from './benchmark';
import { openSurroundings } from './surroundings';

const DEFAULT = 10;
const SIZES = [DEFAULT, 2, 5, 20, 40] as const;
const CLIENTS_A_KIND = 16;
const MEASURED_MS = 6_000;

/** What `DATABASE_POOL_SIZE` is worth to one process; half a minute of load. */
export const pool: Benchmark = {
  name: 'pool',
  title: `DATABASE_POOL_SIZE: codes, hand-ins and lists of ${CLIENTS_A_KIND * 3} clients at one process (yardstick: the default)`,
  async run(report) {
    const surroundings = await openSurroundings();
    try {
      let ofDefault: number | undefined;
      for (const size of SIZES) {
        const perSecond = await measure(surroundings.environment, size);
        ofDefault ??= perSecond;
        report.figure({
          what: `requests with ${size} connections`,
          ours: `${perSecond.toFixed(0)}/s`,
          ...(size === DEFAULT
            ? {}
            : { yardstick: `${ofDefault.toFixed(0)}/s with ${DEFAULT}`, ratio: perSecond / ofDefault }),
        });
      }
    } finally {
      await surroundings.close();
    }
  },
};

/** Requests answered well, a second. */
async function measure(environment: Readonly<Record<string, string>>, size: number): Promise<number> {
  const unit = unitPrefix('nanovest');
  const gateway = await GatewayProcess.prepare((url) => ({
    ...environment,
    [`${unit}API_CREDENTIALS`]: credential(backOffice('nanovest')),
    [`${unit}OTP_WEBHOOK_CREDENTIALS`]: credential(otpSender('nanovest')),
    PUBLIC_URL: url,
    DATABASE_POOL_SIZE: String(size),
    LOG_LEVEL: 'fatal',
  }));
  await gateway.start();
  const load = new MixedLoad(gateway.url, 0, CLIENTS_A_KIND);
  load.start();
  await sleep(1_000); // warm
  load.statuses.clear();
  const began = performance.now();
  await sleep(MEASURED_MS);
  const served = [200, 202].reduce((sum, status) => sum + (load.statuses.get(status) ?? 0), 0);
  const seconds = (performance.now() - began) / 1000;
  await load.stop();
  await gateway.end('SIGTERM');
  return served / seconds;
}

function credential(authorization: string): string {
  return Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
}
