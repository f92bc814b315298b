export interface PartnerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A partner's body as text: UTF-8, whatever its label says (RFC 8259 §8.1), unless its first bytes say UTF-16. A byte order mark is
 * dropped, which `JSON.parse` would refuse.
 */
export function textOf(body: Buffer): string {
  return new TextDecoder(encodingOf(body)).decode(body);
}

/** A partner's body as JSON, or undefined: judged by a schema afterwards. Partners' content types are not reliable and not read. */
export function jsonOf(body: Buffer): unknown {
  return jsonIn(textOf(body));
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A page of HTML that asks for no credentials: something in between has answered, such as a firewall or a load balancer. */
export function isForeignPage({ headers, body }: PartnerResponse): boolean {
  return headers['www-authenticate'] === undefined && isHtml(body);
}

/** What an answer is, for the log: `HTTP 200, HTML`. Never what it says. */
export function formOf({ status, body }: PartnerResponse): string {
  if (body.length === 0) return `HTTP ${status}, empty`;
  if (isHtml(body)) return `HTTP ${status}, HTML`;
  return `HTTP ${status}, ${jsonOf(body) === undefined ? 'not JSON' : 'JSON'}`;
}

function isHtml(body: Buffer): boolean {
  return /^\s*<(?:!doctype html|html)\b/i.test(textOf(body));
}

function encodingOf([first, second]: Buffer): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** A partner that asks for a longer pause is asked again after this one. */
const MAX_SECONDS = 3_600;

/**
 * Seconds a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds or a date), at most an hour; undefined when it asks for nothing.
 * @param headers of the answer; a date counts from its `Date`, since the partner's clock wrote both
 * @param now our clock, for answers without one
 */
export function retryAfterSeconds(
  headers: Readonly<Record<string, string>>,
  now: number,
): number | undefined {
  const wish = headers['retry-after']?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(wish)) return Math.min(Math.ceil(Number(wish)), MAX_SECONDS);
  const until = instantOf(wish);
  if (until === undefined) return undefined;
  const seconds = Math.ceil((until - (instantOf(headers['date'] ?? '') ?? now)) / 1000);
  return seconds >= 0 ? Math.min(seconds, MAX_SECONDS) : undefined;
}

/** An HTTP date begins with the day of the week (RFC 9110 §5.6.7); `Date.parse` would find one in `-5` as well. */
function instantOf(text: string): number | undefined {
  const instant = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(instant) ? undefined : instant;
}
