const AHEAD = 0.8;
const JITTER = 0.05;
const MAX_BACK_OFF_MS = 30_000;

/**
 * Milliseconds until the next scheduled refresh: a little ahead of the set's age, so that requests never wait for it; after a
 * failure 1, 2, 4 … 30 s, so that an outage's end is noticed within 40 s. Spread, so that replicas do not ask in step.
 * @param failures how many refreshes failed in a row
 * @param random from 0 to 1
 */
export function refreshDelayMs(intervalMs: number, failures: number, random: number): number {
  if (failures === 0) return intervalMs * (AHEAD + JITTER * (2 * random - 1));
  return Math.min(MAX_BACK_OFF_MS, 1000 * 2 ** (failures - 1)) * (1 - 0.25 * random);
}
