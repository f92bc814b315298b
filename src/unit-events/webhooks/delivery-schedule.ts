import type { DeliveryStatus } from '../unit-events.entity';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Seconds after a failed try until the next one; after the last of them the event is given up (contract §7.7). */
export const RETRY_SECONDS: readonly number[] = [
  ...[5, 5 * MINUTE, 30 * MINUTE],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
];

/** What a try makes of a delivery. */
export interface Verdict {
  readonly status: DeliveryStatus;
  /** Until the next try. */
  readonly waitSeconds: number;
}

const GONE = 410;

/**
 * @param httpStatus null where there was no answer
 * @param failedBefore tries since the event was made due
 */
export function judge(httpStatus: number | null, failedBefore: number): Verdict {
  if (httpStatus !== null && httpStatus >= 200 && httpStatus < 300)
    return { status: 'delivered', waitSeconds: 0 };
  if (httpStatus === GONE) return { status: 'stopped', waitSeconds: 0 };
  const waitSeconds = RETRY_SECONDS[failedBefore];
  return waitSeconds === undefined
    ? { status: 'failed', waitSeconds: 0 }
    : { status: 'pending', waitSeconds };
}
