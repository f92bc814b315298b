import { join } from 'node:path';
import { NodeChild } from './child-process';
import type { Environment } from './given-environment';

/** What the lab says once it listens. */
export interface LabReady {
  ready: true;
  /** Addresses for people, by partner. */
  urls: Record<string, string>;
  /** The gateway's variables that make it talk to the lab instead of the partners. */
  environment: Record<string, string>;
}

function isLabReady(message: unknown): message is LabReady {
  return typeof message === 'object' && message !== null && 'ready' in message && message.ready === true;
}

/**
 * Starts the partner lab. It reads from its environment where the gateway will answer (`PUBLIC_URL`), the units
 * (`BUSINESS_UNITS`) and the credentials that its SIMAS-ID uses on the OTP webhook (`BU_<BU>_OTP_WEBHOOK_CREDENTIALS`).
 */
export function spawnLab(dataDir: string, environment: Environment): NodeChild {
  return new NodeChild({
    name: 'partner lab',
    command: ['--import', 'tsx', join('lab', 'main.ts')],
    environment: { LAB_BASE_PORT: '4400', ...environment, DATA_DIR: dataDir },
    logFile: join(dataDir, 'lab.log'),
  });
}

export async function untilLabIsReady(lab: NodeChild): Promise<LabReady> {
  const message = await lab.firstMessage();
  if (!isLabReady(message)) throw new Error('lab/main.ts did not say that it is ready');
  return message;
}
