import type { Channel, Outcome } from '../providers/otp-provider';

/** With less than this left nothing is sent any more (contract §6, OTP). */
export const MIN_SECONDS_LEFT = 5;

/** States of a delivery; the last five are ends, though a receipt may still turn any of them into delivered or read. */
export const STATUSES = [
  'queued',
  'sending',
  'accepted',
  'delivered',
  'read',
  'failed',
  'expired',
  'superseded',
] as const;
export type DeliveryStatus = (typeof STATUSES)[number];

/** What is known when a try has ended. */
export interface Situation {
  readonly outcome: Outcome;
  /** Tries on this channel that are to be repeated, before this one. */
  readonly retries: number;
  /** Tries with an unknown outcome, before this one. */
  readonly unknowns: number;
  /** Until the code is worthless. */
  readonly secondsLeft: number;
  /** The provider asked to wait this long. */
  readonly retryAfterSeconds?: number | undefined;
  /** Where the unit's policy lets a hard failure go on. */
  readonly fallback: Channel | undefined;
}

/** Where a delivery goes after a try. */
export interface Next {
  readonly to: Extract<DeliveryStatus, 'queued' | 'accepted' | 'failed' | 'expired'>;
  /** Until the next try. */
  readonly waitSeconds?: number;
  /** Another channel, by which the next try is made. */
  readonly fallback?: Channel;
}

/** Waits between tries (contract §6, OTP); the last one repeats. */
const WAITS = [1, 3, 8, 14] as const;
const MAX_WAIT = 14;
/** One message a recipient every 6 s (WhatsApp 131056, otp-channels.md §1). */
const PAIR_WAIT = 6;
/** A code that may have arrived is sent once more: a second copy does no harm, a third is not sent. */
const MAX_UNKNOWNS = 2;

/** What happens after a try: the table of otp-channels.md §4, within the deadline. */
export function decide(situation: Situation): Next {
  const { outcome } = situation;
  switch (outcome) {
    case 'accepted':
      return { to: 'accepted' };
    case 'transient':
      return retry(situation, WAITS[situation.retries] ?? MAX_WAIT);
    case 'throttled':
      return retry(situation, PAIR_WAIT);
    case 'unknown':
      if (situation.unknowns + 1 >= MAX_UNKNOWNS) return { to: 'failed' };
      return retry(situation, WAITS[0]);
    case 'recipient':
    case 'setup':
    case 'spam':
      return fallBack(situation);
  }
}

/** A wait that does not fit into the time left is shortened to one that does. */
function retry({ outcome, secondsLeft, retryAfterSeconds }: Situation, wait: number): Next {
  const time = secondsLeft - MIN_SECONDS_LEFT;
  const asked = Math.max(wait, retryAfterSeconds ?? 0);
  if (asked <= time) return { to: 'queued', waitSeconds: asked };
  const shortest = outcome === 'throttled' ? PAIR_WAIT : (retryAfterSeconds ?? 0);
  const last = WAITS.findLast((candidate) => candidate >= shortest && candidate <= time);
  return last === undefined ? { to: 'expired' } : { to: 'queued', waitSeconds: last };
}

function fallBack({ fallback, secondsLeft }: Situation): Next {
  if (fallback === undefined || secondsLeft < MIN_SECONDS_LEFT) return { to: 'failed' };
  return { to: 'queued', fallback };
}
