import { z } from 'zod';
import { PartnerError, type PartnerResponse, retryAfterSeconds, textOf } from '../../platform/outbound';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The data of GTF's answer to one call, out of its envelope.
 * @throws PartnerError `refused` for a documented refusal, `unavailable` for 503 and 429 (a used-up quota is a refusal), else `error`
 */
export function readData(
  { partner, operation }: { readonly partner: string; readonly operation: string },
  answer: PartnerResponse,
  now: number,
): JsonObject {
  const { status, headers, body } = answer;
  const root = parsed(body);
  if (status >= 200 && status < 300 && root !== undefined && root['success'] !== false) return unwrap(root);
  const refusal = refusalOf(root);
  const publicCode = refusal?.cause;
  const isBusy = status === 503 || (status === 429 && publicCode !== 'SUBMISSION_QUOTA_EXCEEDED');
  // 401 and 403 are about our credentials, never about the person.
  const isRefused =
    status >= 400 && status < 500 && status !== 401 && status !== 403 && refusal !== undefined;
  throw new PartnerError(partner, operation, isBusy ? 'unavailable' : isRefused ? 'refused' : 'error', {
    publicCode,
    answer,
    retryAfterSeconds: retryAfterSeconds(headers, now),
  });
}

/** The refusal that a body holds in GTF's own form; undefined for one of a proxy in front of it. */
export function refusalIn(body: Buffer): Refusal | undefined {
  return refusalOf(parsed(body));
}

function parsed(body: Buffer): JsonObject | undefined {
  try {
    return asObject(parseWire(body));
  } catch {
    return undefined;
  }
}

/** A whole number that a JavaScript number may not hold. */
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

/** The object itself; undefined for any other value. */
function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** `data` of the documented envelope; the root where the partner leaves the envelope out (gtf.md §7.2). */
export function unwrap(root: JsonObject): JsonObject {
  return typeof root['success'] === 'boolean' ? (asObject(root['data']) ?? root) : root;
}

const errorEntry = z
  .object({ code: z.union([z.string(), z.number()]).optional(), cause: z.string().optional() })
  .refine(({ code, cause }) => code !== undefined || cause !== undefined);

/** A refusal in GTF's own form. */
export interface Refusal {
  /** The usable key, since one `code` covers many reasons (gtf.md §6); undefined where GTF's pages do not list it. */
  readonly cause: string | undefined;
}

function refusalOf(root: JsonObject | undefined): Refusal | undefined {
  const [first] = z.array(errorEntry).safeParse(root?.['errors']).data ?? [];
  return (
    first && { cause: knownCause(first.cause, first.code === undefined ? undefined : String(first.code)) }
  );
}

/** Text, also where the partner sends a number; empty text is none. */
export const requiredText = z.union([z.string().min(1), z.number(), z.boolean()]).transform(String);
export const wireText = requiredText.nullable().catch(null);

/** A longer time leads to an instant that no clock, calendar or database can hold. */
const MAX_SECONDS = 100_000_000_000;

/** A number of seconds, written as a number or as text. */
export const wireSeconds = z.coerce.number().positive().max(MAX_SECONDS).nullable().catch(null);

/** `errors[].cause` as GTF's pages list it (gtf.md §2, §3, §6). */
const CAUSES: ReadonlySet<string> = new Set(
  `
  ADDITIONAL_DETAILS_IS_NULL CLIENT_ID_CAN_NOT_BE_EMPTY COE_PARTNER_CAN_NOT_BE_EMPTY
  DATA_VERIFICATION_IS_EMPTY DUPLICATE_PARTNER_SESSION_ID EMAIL_IS_INVALID EMAIL_IS_NULL
  EMAIL_VERIFICATION_IS_REQUIRED EMAIL_VERIFICATION_REFERENCE_ID_IS_REQUIRED
  ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY ESIGN_PARTNER_CAN_NOT_BE_EMPTY FORBIDDEN
  INVALID_CONFIRM_UPLOAD_REQUEST INVALID_FLOW INVALID_PARTNER INVALID_SOURCE INVALID_SUBMISSION_ID
  INVALID_SUBMISSION_TYPE INVALID_UPLOAD_ARTIFACT MISSING_CLIENT_ID MISSING_CLIENT_ID_OR_PASS_KEY
  MISSING_PASS_KEY ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT PARTNER_SESSION_ID_CANNOT_BE_EMPTY
  PARTNER_SESSION_ID_CAN_NOT_BE_EMPTY PARTNER_SESSION_ID_DOES_NOT_BELONG_TO_THE_USER
  PARTNER_USER_ID_CAN_NOT_BE_EMPTY PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY PASS_KEY_CAN_NOT_BE_EMPTY
  PHONE_NUMBER_IS_INVALID PHONE_NUMBER_OR_EMAIL_IS_REQUIRED PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE
  PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED SERVICE_UNAVAILABLE SOMETHING_WENT_WRONG
  SUBMISSION_DOES_NOT_EXIST SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER SUBMISSION_QUOTA_EXCEEDED
  SUBMISSION_STATE_CONFLICT TOO_MANY_REQUESTS UNAUTHORIZED USER_NOT_FOUND
  X_SDK_SESSION_ID_CAN_NOT_BE_EMPTY
`
    .trim()
    .split(/\s+/),
);
/** The page cuts the rest of this name off. */
const USER_NOT_FOUND_FOR_PARTNER = 'USER_NOT_FOUND_FOR_PARTNER';

const CODES: ReadonlySet<string> = new Set(
  [110, 404, 409, 422, 429, 900, 903, 1514, 1518, 1539, 1541, 1542, 1543, 1550, 1552, 1553, 1650, 1653].map(
    String,
  ),
);

/**
 * A refusal's `cause`, else its `code`, where GTF's pages list it. Undefined for anything else: it may be a sentence about a person,
 * and is neither shown, logged nor kept.
 */
function knownCause(cause: string | undefined, code: string | undefined): string | undefined {
  if (cause !== undefined && CAUSES.has(cause)) return cause;
  if (cause?.startsWith(USER_NOT_FOUND_FOR_PARTNER) === true) return USER_NOT_FOUND_FOR_PARTNER;
  return code !== undefined && CODES.has(code) ? code : undefined;
}
