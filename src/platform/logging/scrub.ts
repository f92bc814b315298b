/**
 * The last line of defence: whatever slipped into a log line is masked before it leaves the process.
 * The first line is that nobody logs personal data (house rule 8); path-based redaction alone was measured to leak
 * from deep objects, message strings, Error messages and URLs.
 */
const PATTERNS: readonly (readonly [of: RegExp, mask: string])[] = [
  [/-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)/gm, '[pem]'],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '[jwt]'],
  [/\b(Basic|Bearer) +[\w+/.~=-]{8,}/gi, '$1 ***'],
  [/[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g, '[email]'],
  [/(?<![\w.-])\d{16}(?![\w-])/g, '[nik]'],
  [/(?<![\w.-])(?:\+?62|0)[ -]?8(?:[ -]?\d){7,12}(?![\w-])/g, '[phone]'],
];

/**
 * The beginnings of all patterns, without looking around. Hardly any line holds one, and a single look at many lines is far cheaper
 * than six searches in each: scrubbing was measured to cost a tenth of a short request.
 */
const SUSPICIOUS = /-----BEGIN |eyJ|basic +|bearer +|@|\d{16}|(?:62|0)[ -]?8(?:[ -]?\d){7}/i;

/** Masks what looks like a NIK, Indonesian phone number, e-mail address, token, credential or key, in one log line or many. */
export function scrub(lines: string): string {
  if (!SUSPICIOUS.test(lines)) return lines;
  return PATTERNS.reduce((scrubbed, [of, mask]) => scrubbed.replace(of, mask), lines);
}
