/**
 * The last line of defence: whatever slipped into a log line is masked before it leaves the process.
 * The first line is that nobody logs personal data; path-based redaction alone was measured to leak
 * from deep objects, message strings, Error messages and URLs.
 * `sign` is a text that every match contains, `''` where there is none. A line is JSON, where a line break is written `\n`: a word also
 * begins behind such an escape, although its last character is a letter or a digit. Most patterns first look ahead for the characters
 * that a match begins with, which is cheap, and only then look behind.
 */
const PATTERNS: readonly (readonly [sign: string, of: RegExp, mask: string])[] = [
  ['-----BEGIN ', /-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)/gm, '[pem]'],
  // From the beginning of a word on, and only where a dot follows it: each letter is looked at a fixed number of times.
  [
    'eyJ',
    /(?:(?<![\w-])|(?<=\\(?:[bfnrt]|u[\da-f]{4})))(?=[\w-]+\.[\w-])([\w-]*?)(?:\b|(?<=\\(?:[bfnrt]|u[\da-f]{4})))eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
    '$1[jwt]',
  ],
  ['', /(?=[Bb])(?:\b|(?<=\\(?:[bfnrt]|u[\da-f]{4})))(Basic|Bearer) +[\w+/.~=-]{8,}/gi, '$1 ***'],
  // Not from an escape's own letter on: without it the line would be no JSON any more.
  [
    '@',
    /(?:(?<![\w.%+\\-])|(?<=(?<!\\)(?:\\\\){1,8}|\\{16})|(?<=\\(?:[bfnrt]|u[\da-f]{4})))[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g,
    '[email]',
  ],
  ['', /(?=\d{16})(?:(?<![\w.-])|(?<=\\(?:[bfnrt]|u[\da-f]{4})))\d{16}(?![\w-])/g, '[nik]'],
  [
    '',
    /(?=[+60])(?:(?<![\w.-])|(?<=\\(?:[bfnrt]|u[\da-f]{4})))(?:\+?62|0)[ -]?8(?:[ -]?\d){7,13}(?![\w-])/g,
    '[phone]',
  ],
];

/**
 * Masks what looks like a NIK, Indonesian phone number, e-mail address, token, credential or key, in one log line or many.
 * Hardly any line holds one, and a plain search for a pattern's sign costs a hundredth of the search for the pattern.
 */
export function scrub(lines: string): string {
  return PATTERNS.reduce(
    (scrubbed, [sign, of, mask]) => (scrubbed.includes(sign) ? scrubbed.replace(of, mask) : scrubbed),
    lines,
  );
}

/** `6285610573956` → `+6285***956`: enough to recognise, too little to call. */
export function maskPhone(phone: string): string {
  const digits = phone.replace(/^\+/, '');
  return digits.length < 8 ? '***' : `+${digits.slice(0, 4)}***${digits.slice(-3)}`;
}

/** `john@example.org` → `j***@e***`. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '***' : `${firstOf(email)}***@${firstOf(email.slice(at + 1))}***`;
}

/** The first character, whole: half of a surrogate pair is no text. */
function firstOf(text: string): string {
  return Array.from(text.slice(0, 2)).at(0) ?? '';
}
