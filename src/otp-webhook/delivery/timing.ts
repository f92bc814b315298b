/** With less than this left nothing is sent any more (contract §6, OTP). */
export const MIN_SECONDS_LEFT = 5;

/** A delivery whose job should have run this long ago has lost it: another job is written. */
export const LOST_JOB_SECONDS = 8;

/** If that job does not run either, the queue is long: the next one is written this much later. */
export const LOST_AGAIN_SECONDS = 30;

/** Beyond one call's time-out: what recording its outcome may take before the worker counts as dead. */
export const LEASE_MARGIN_MS = 2_000;

/** Of the lease, what is kept for recording the outcome. */
export const RECORDING_MS = 500;

/** With less time than this for the provider's answer, a message is better sent by a later claim. */
export const MIN_ANSWER_MS = 1_000;
