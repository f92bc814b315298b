import { z } from 'zod';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Strings first, so that digits inside them are left alone; then whole JSON numbers, fraction and exponent included. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** A whole number a JavaScript number may not hold. */
const LONG_WHOLE_NUMBER = /^-?\d{16,}$/;
const PUBLIC_WORD = /^[A-Za-z0-9_. -]{1,80}$/;

/**
 * Parses GTF's JSON. A NIK sent as a JSON number keeps its digits and becomes a string: `JSON.parse` would round
 * 9171010101900001 (gtf.md §9.1).
 * @throws SyntaxError
 */
export function parseWire(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  return JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) => (LONG_WHOLE_NUMBER.test(token) ? `"${token}"` : token)),
  );
}

/** The object itself, or nothing. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** `data` of the documented envelope; the root where the partner leaves the envelope out (gtf.md §7.2). */
export function unwrap(root: JsonObject): JsonObject {
  return typeof root['success'] === 'boolean' ? (asObject(root['data']) ?? root) : root;
}

const errorEntry = z.looseObject({
  code: z.union([z.string(), z.number()]).optional(),
  cause: z.string().optional(),
});

/**
 * The usable key of a refusal: `cause`, since one `code` covers many reasons (gtf.md §6).
 * Undefined when the body is no refusal of GTF's own.
 */
export function causeOf(root: JsonObject | undefined): string | undefined {
  const [first] = z.array(errorEntry).safeParse(root?.['errors']).data ?? [];
  return first === undefined ? undefined : publicWord(first.cause ?? String(first.code ?? ''));
}

/** A partner's word as it may be shown and logged: a code, never a sentence that could hold personal data. */
export function publicWord(word: string): string {
  return PUBLIC_WORD.test(word) ? word : 'undocumented';
}

/** Text, also where the partner sends a number; empty text is none. */
export const wireText = z
  .union([z.string(), z.number(), z.boolean()])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? null : String(value)))
  .catch(null);

/** A whole number of seconds, written as a number or as text. */
export const wireSeconds = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const seconds = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
    return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
  })
  .catch(null);
