/**
 * The last line of defence: whatever slipped into a log line is masked before it leaves the process.
 * The first line is that nobody logs personal data (house rule 8); path-based redaction alone was measured to leak
 * from deep objects, message strings, Error messages and URLs.
 */
interface Pattern {
  readonly of: RegExp;
  readonly mask: string;
  /** What a match contains: most lines lack it, and looking for it is far cheaper than the expression. */
  readonly contains?: string;
}

const PATTERNS: readonly Pattern[] = [
  {
    of: /-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)/gs,
    mask: '[pem]',
    contains: '-----BEGIN ',
  },
  { of: /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, mask: '[jwt]', contains: 'eyJ' },
  { of: /\b(Basic|Bearer) +[\w+/.~=-]{8,}/gi, mask: '$1 ***' },
  { of: /[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g, mask: '[email]', contains: '@' },
  { of: /(?<![\w.-])\d{16}(?![\w-])/g, mask: '[nik]' },
  { of: /(?<![\w.-])(?:\+?62|0)[ -]?8(?:[ -]?\d){7,12}(?![\w-])/g, mask: '[phone]' },
];

/** Masks what looks like a NIK, Indonesian phone number, e-mail address, token, credential or key. */
export function scrub(line: string): string {
  let scrubbed = line;
  for (const { of, mask, contains } of PATTERNS)
    if (contains === undefined || scrubbed.includes(contains)) scrubbed = scrubbed.replace(of, mask);
  return scrubbed;
}
