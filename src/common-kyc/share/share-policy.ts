import type { CommonKycShare } from './common-kyc-share.entity';

/** What decides about a share. */
export type Share = Pick<
  CommonKycShare,
  'submissionId' | 'version' | 'content' | 'state' | 'dueAt' | 'acceptedAt'
>;

/** What to do with a share now. `skip`: the partner has the same data already. */
export type ShareStep = 'send' | 'skip' | 'supersede' | 'nothing';

/**
 * The newest approval wins: of one phone number's shares an older one with other data is never sent, and data that the partner took
 * last is not sent again (common-kyc.md §6.2). A share that is not due yet has a job of its own at that time.
 */
export function nextStep(own: Share, group: readonly Share[], now: Date): ShareStep {
  if (own.state !== 'waiting') return 'nothing';
  if (newestOf(group, own).content !== own.content) return 'supersede';
  if (lastAccepted(group)?.content === own.content) return 'skip';
  return own.dueAt > now ? 'nothing' : 'send';
}

/** The share with the newest approval; `own` when there is no newer one. */
export function newestOf(group: readonly Share[], own: Share): Share {
  return group.reduce((best, share) => (share.version > best.version ? share : best), own);
}

function lastAccepted(group: readonly Share[]): Share | undefined {
  const at = (share: Share): number => share.acceptedAt?.getTime() ?? -Infinity;
  return group
    .filter(({ state }) => state === 'accepted')
    .reduce<Share | undefined>((best, share) => (best && at(best) >= at(share) ? best : share), undefined);
}

const FIRST_DELAY_SECONDS = 2;
const MAX_DELAY_SECONDS = 900;

/** Seconds until the next try: doubling from 2 to 900 with half of it jitter, and never before the partner wants it. */
export function retryDelaySeconds(tries: number, retryAfter: number | undefined, random: number): number {
  const doubling = Math.min(MAX_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** Math.min(tries - 1, 20));
  return Math.max(doubling * (0.5 + random / 2), retryAfter ?? 0);
}
