/** One approved record that is shared with Common KYC. `version` grows with each approval in the unit. */
export interface Share {
  readonly submissionId: string;
  readonly version: number;
  /** Keyed digest of what is sent, in hex. */
  readonly content: string;
  readonly state: 'waiting' | 'sending' | 'accepted' | 'failed';
  readonly tries: number;
  readonly dueAt: Date;
  readonly giveUpAt: Date;
  readonly leaseUntil: Date | null;
  readonly acceptedAt: Date | null;
}

/** What to do with a share now. `skip`: the partner has the same data already. */
export type ShareStep =
  { readonly do: 'send' | 'skip' | 'supersede' | 'nothing' } | { readonly do: 'wait'; readonly until: Date };

const TURN_WAIT_MS = 1_000;

/**
 * The newest approval wins: of one phone number's shares an older one with other data is never sent, one is under way at a time,
 * and data that the partner took last is not sent again (common-kyc.md §6.2).
 */
export function nextStep(own: Share, group: readonly Share[], now: Date): ShareStep {
  if (own.state === 'accepted' || own.state === 'failed') return { do: 'nothing' };
  if (newestOf(group, own).content !== own.content) return { do: 'supersede' };
  if (lastAccepted(group)?.content === own.content) return { do: 'skip' };
  if (group.some((share) => underWay(share, now)))
    return { do: 'wait', until: new Date(now.getTime() + TURN_WAIT_MS) };
  return own.dueAt > now ? { do: 'wait', until: own.dueAt } : { do: 'send' };
}

/** The share with the newest approval; `own` when there is no newer one. */
export function newestOf(group: readonly Share[], own: Share): Share {
  return group.reduce((best, share) => (share.version > best.version ? share : best), own);
}

/** The lease of a worker that died runs out. */
function underWay({ state, leaseUntil }: Share, now: Date): boolean {
  return state === 'sending' && leaseUntil !== null && leaseUntil > now;
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
