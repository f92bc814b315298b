import { PartnerError } from '../../platform/outbound';
import type { SendResult } from './otp-provider';

/**
 * What a call without a usable answer means: never sent, or nobody knows. Where the answer's head came and its body did not, the head
 * decides: 2xx took the message, which must not be sent again. Anything but a partner's failure is a bug of ours.
 */
export function withoutAnswer(error: unknown, refusalOf: (httpStatus: number) => SendResult): SendResult {
  if (!(error instanceof PartnerError)) throw error;
  const { brokenStatus, reached, fault } = error;
  if (brokenStatus === undefined)
    return { outcome: reached === 'no' ? 'transient' : 'unknown', errorCode: fault };
  return brokenStatus >= 200 && brokenStatus < 300 ? { outcome: 'accepted' } : refusalOf(brokenStatus);
}
