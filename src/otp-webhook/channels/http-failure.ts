import { PartnerError } from '../../platform/outbound';
import type { SendResult } from './otp-provider';

/** What a call without a usable answer means: never sent, or nobody knows. Anything but a partner's failure is a bug of ours. */
export function withoutAnswer(error: unknown): SendResult {
  if (!(error instanceof PartnerError)) throw error;
  return { outcome: error.reached === 'no' ? 'transient' : 'unknown', errorCode: error.fault };
}

/** The body as JSON, or undefined: judged by a schema afterwards. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
