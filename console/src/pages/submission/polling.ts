/** How often a submission that is looked at is asked for again. */
export const POLL_MS = 10_000;
