import { z } from 'zod';
import { textOf } from '../../platform/outbound';
import { knownCause } from './known-words';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A whole number a JavaScript number may not hold. */
const LONG_WHOLE_NUMBER = /^-?\d{16,}$/;

interface Source {
  readonly source?: string;
}

/**
 * Parses GTF's JSON. A NIK sent as a JSON number keeps its digits and becomes a string: a JavaScript number would round
 * 9171010101900001 (gtf.md §9.1).
 * @throws SyntaxError
 */
export function parseWire(bytes: Buffer): unknown {
  return JSON.parse(textOf(bytes), (_name, value: unknown, { source = '' }: Source = {}) =>
    typeof value === 'number' && LONG_WHOLE_NUMBER.test(source) ? source : value,
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

/** A refusal in GTF's own form. */
export interface RefusalOnWire {
  /** The usable key, since one `code` covers many reasons (gtf.md §6); undefined where GTF's pages do not know it. */
  readonly cause: string | undefined;
}

/** Undefined when the body is no refusal of GTF's own. */
export function refusalOf(root: JsonObject | undefined): RefusalOnWire | undefined {
  const [first] = z.array(errorEntry).safeParse(root?.['errors']).data ?? [];
  if (first === undefined) return undefined;
  return { cause: knownCause(first.cause, first.code === undefined ? undefined : String(first.code)) };
}

/** Text, also where the partner sends a number; empty text is none. */
export const wireText = z
  .union([z.string(), z.number(), z.boolean()])
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? null : String(value)))
  .catch(null);

/** Beyond this an instant is none that a clock, a calendar or the database can hold. */
const MAX_SECONDS = 100_000_000_000;

/** A number of seconds, written as a number or as text. */
export const wireSeconds = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const seconds = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
    return seconds > 0 && seconds <= MAX_SECONDS ? seconds : null;
  })
  .catch(null);
