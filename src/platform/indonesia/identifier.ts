const SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** How an identifier reads in the OpenAPI document. */
export const IDENTIFIER_SCHEMA = { format: 'identifier', pattern: SHAPE.source, maxLength: 64 };
/** A NIK, or longer. */
const LONG_NUMBER = /\d{16}/;
/** `08…`, `8…` or `62…` as one number. */
const MOBILE_NUMBER = /(?<!\d)(?:0|(?:00)?620?)?8[1-9]\d{7,12}(?!\d)/;
/** `0812-3456-7890`, `812-3456-7890`. Where digits stand in front of it, it is a date or a count: `2026-0811-000001`. */
const GROUPED_NUMBER = /(?<!\d)(?<!\d[._-])(?:0|62[._-]?)?8[1-9]\d(?:[._-]?\d){6,11}(?!\d)/;

/**
 * Whether the text can be an identifier that is kept for ever (contract §7.4): one word, in which no NIK and no mobile number can
 * be read. A UUID names nobody, whatever its digits.
 */
export function isIdentifier(text: unknown): text is string {
  if (typeof text !== 'string' || !SHAPE.test(text)) return false;
  return UUID.test(text) || ![LONG_NUMBER, MOBILE_NUMBER, GROUPED_NUMBER].some((of) => of.test(text));
}
