/**
 * Error codes by the grammar they come in: those of the Ministry's page (satusehat.md §7), of FHIR R4's value set issue-type, and of
 * RFC 6749 §5.2. Whatever else stands there may be a sentence about a person, and is neither shown nor logged.
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
export function knownCode(grammar: keyof typeof CODES, code: unknown): string | undefined {
  const known: ReadonlySet<unknown> = CODES[grammar];
  return typeof code === 'string' && known.has(code) ? code : undefined;
}
