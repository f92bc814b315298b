import { z } from 'zod';
import { jsonIn } from '../../platform/outbound';

const CHALLENGE_CODE_DIGITS = 6;

/** SATUSEHAT's codes have three digits. A longer number is refused: it could be a NIK or a phone number. */
const codeNumber = z.union([z.int().min(100).max(999), z.string().regex(/^\d{3}$/)]).transform(Number);

/** Token endpoint: every value is a string, numbers too (satusehat.md §2). */
export const accessTokenWire = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  expires_in: z.union([z.int(), z.string().regex(/^\d{1,9}$/)]).transform(Number),
});

/** `data` of generate-url (§5). */
export const validationUrlWire = z.object({
  token: z.string().min(1).max(200),
  // As the URL parser writes it, so that the browser reads the same host as was checked.
  url: z.url({ normalize: true }),
});

/**
 * `data` of challenge-code (§6): the schema says the code is a number, the samples say a string of six digits. The answer to a
 * sealed request was seen in camelCase.
 */
export const challengeCodeWire = z.preprocess(
  inSnakeCase,
  z.object({
    nik: z.string(),
    name: z.string(),
    ihs_number: z.string().min(1),
    challenge_code: z.union([
      z.string().min(1),
      z.int().transform((code) => String(code).padStart(CHALLENGE_CODE_DIGITS, '0')),
    ]),
    created_timestamp: instant(),
    expired_timestamp: instant(),
  }),
);

function inSnakeCase(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [snake(name), value as unknown]));
}

/** RFC 3339 with an offset, +07:00 in the samples. */
function instant(): z.ZodType<Date, string> {
  return z.iso.datetime({ offset: true }).transform((text) => new Date(text));
}

/** The Ministry's answer, by the grammar it is written in (§7). `wordless`: HTML, other text, or nothing at all. */
export type SatusehatAnswer =
  | {
      readonly grammar: 'metadata';
      readonly code: number;
      readonly data: unknown;
      readonly error: string | undefined;
    }
  | { readonly grammar: 'fault' | 'outcome' | 'oauth'; readonly code: string | undefined }
  | { readonly grammar: 'wordless' };

const metadataWire = z
  .object({ metadata: z.object({ code: codeNumber }), data: z.unknown() })
  .transform(({ metadata, data }): SatusehatAnswer => ({
    grammar: 'metadata',
    code: metadata.code,
    data,
    error: errorOf(data),
  }));
const faultWire = z
  .object({ fault: z.object({ detail: z.object({ errorcode: z.unknown() }).optional() }) })
  .transform(({ fault }): SatusehatAnswer => ({
    grammar: 'fault',
    code: knownCode('fault', fault.detail?.errorcode),
  }));
const outcomeWire = z
  .object({
    resourceType: z.literal('OperationOutcome'),
    issue: z.array(z.object({ code: z.unknown() })).optional(),
  })
  .transform(({ issue }): SatusehatAnswer => ({
    grammar: 'outcome',
    code: knownCode('outcome', issue?.[0]?.code),
  }));
const oauthWire = z
  .object({ ErrorCode: z.unknown() })
  .refine(({ ErrorCode }) => ErrorCode !== undefined)
  .transform(({ ErrorCode }): SatusehatAnswer => ({ grammar: 'oauth', code: knownCode('oauth', ErrorCode) }));
const answerWire = z.union([metadataWire, faultWire, outcomeWire, oauthWire]);

/** Reads an answer without looking at its HTTP status or content type, neither of which says what the body is (§5, §7). */
export function readSatusehatAnswer(body: string): SatusehatAnswer {
  const answer = answerWire.safeParse(jsonIn(body));
  return answer.success ? answer.data : { grammar: 'wordless' };
}

/** The armoured message of an answer: the whole body or, as one service saw it, a JSON string or the member `data` (§6). */
export function messageOf(body: string): string {
  const json = jsonIn(body);
  if (typeof json === 'string') return json;
  const wrapped = z.object({ data: z.string() }).safeParse(json);
  return wrapped.success ? wrapped.data.data : body;
}

/** The service's reason for a refusal. Compared with what we know, never shown: it is free text. */
function errorOf(data: unknown): string | undefined {
  return z.object({ error: z.string() }).safeParse(data).data?.error;
}

/**
 * Error codes by the grammar they come in: those of the Ministry's page (satusehat.md §7), of FHIR R4's value set issue-type, and of
 * RFC 6749 §5.2. Any other text may be a sentence about a person, and is neither shown nor logged.
 */
const CODES = {
  fault: new Set([
    'keymanagement.service.InvalidAPICallAsNoApiProductMatchFound',
    'keymanagement.service.access_token_expired',
    'keymanagement.service.invalid_access_token',
    'oauth.v2.InvalidAccessToken',
    'policies.ratelimit.QuotaViolation',
    'policies.ratelimit.SpikeArrestViolation',
  ]),
  outcome: new Set([
    'invalid-access-token',
    ...['invalid', 'structure', 'required', 'value', 'invariant', 'security', 'login', 'unknown', 'expired'],
    ...['forbidden', 'suppressed', 'processing', 'not-supported', 'duplicate', 'multiple-matches'],
    ...['not-found', 'deleted', 'too-long', 'code-invalid', 'extension', 'too-costly', 'business-rule'],
    ...['conflict', 'transient', 'lock-error', 'no-store', 'exception', 'timeout', 'incomplete', 'throttled'],
    'informational',
  ]),
  oauth: new Set([
    'invalid_client',
    'invalid_grant',
    'invalid_request',
    'invalid_scope',
    'unauthorized_client',
    'unsupported_grant_type',
  ]),
} as const satisfies Record<string, ReadonlySet<string>>;

/** The code where it is a known one; undefined for anything else. */
function knownCode(grammar: keyof typeof CODES, code: unknown): string | undefined {
  const known: ReadonlySet<unknown> = CODES[grammar];
  return typeof code === 'string' && known.has(code) ? code : undefined;
}
