/** With less than this left nothing is sent any more (contract §6, OTP). */
export const LEAST_SECONDS_LEFT = 5;

/** A delivery whose job should have run this long ago has lost it: another job is written. */
export const LOST_JOB_SECONDS = 8;

/** Beyond one call's time-out: what recording its outcome may take before the worker counts as dead. */
export const LEASE_MARGIN_MS = 2_000;

/** A worker that was held up this long between claiming and sending lets go instead: its lease may run out while it sends. */
export const HELD_UP_MS = 1_000;
