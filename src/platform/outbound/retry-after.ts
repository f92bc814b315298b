const LONGEST_SECONDS = 3_600;

/** Seconds a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds or a date), at most an hour. */
export function retryAfterSeconds(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(header.trim())
    ? Number(header)
    : Math.ceil((Date.parse(header) - now) / 1000);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, LONGEST_SECONDS) : undefined;
}
