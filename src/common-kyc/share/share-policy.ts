/** One approved record on its way to Common KYC. `version` grows with each approval in the unit. */
export interface Push {
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

/** What to do with a push now. `wait` until an instant, `share` without sending because the partner has the same data already. */
export type Step =
  { readonly do: 'send' | 'share' | 'supersede' | 'nothing' } | { readonly do: 'wait'; readonly until: Date };

const LANE_WAIT_MS = 1_000;

/**
 * Newest wins: of all pushes of one phone number an older one with other data is never sent, one is under way at a time,
 * and data that the partner took last is not sent again (common-kyc.md §6.2).
 */
export function nextStep(own: Push, lane: readonly Push[], now: Date): Step {
  if (own.state === 'accepted' || own.state === 'failed') return { do: 'nothing' };
  if (newestOf(lane, own).content !== own.content) return { do: 'supersede' };
  if (lastAccepted(lane)?.content === own.content) return { do: 'share' };
  if (lane.some((push) => underWay(push, now)))
    return { do: 'wait', until: new Date(now.getTime() + LANE_WAIT_MS) };
  return own.dueAt > now ? { do: 'wait', until: own.dueAt } : { do: 'send' };
}

/** The push with the newest approval; `own` when there is no newer one. */
export function newestOf(lane: readonly Push[], own: Push): Push {
  return lane.reduce((best, push) => (push.version > best.version ? push : best), own);
}

/** A worker that died lets its lease run out. */
function underWay({ state, leaseUntil }: Push, now: Date): boolean {
  return state === 'sending' && leaseUntil !== null && leaseUntil > now;
}

function lastAccepted(lane: readonly Push[]): Push | undefined {
  const at = (push: Push): number => push.acceptedAt?.getTime() ?? -Infinity;
  return lane
    .filter(({ state }) => state === 'accepted')
    .reduce<Push | undefined>((best, push) => (best && at(best) >= at(push) ? best : push), undefined);
}

const FIRST_DELAY_SECONDS = 2;
const LONGEST_DELAY_SECONDS = 900;

/** Seconds until the next try: doubling from 2 to 900 with half of it jitter, and never before the partner wants it. */
export function retryDelaySeconds(tries: number, retryAfter: number | undefined, random: number): number {
  const doubling = Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** Math.min(tries - 1, 20));
  return Math.max(doubling * (0.5 + random / 2), retryAfter ?? 0);
}
