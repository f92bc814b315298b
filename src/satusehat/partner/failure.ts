import { PartnerError, type PartnerResponse, retryAfterSeconds } from '../../platform/outbound';
import type { SatusehatAnswer } from './satusehat.wire';

export const PARTNER = 'SATUSEHAT';

/** The Ministry's operations, as they appear in errors and metrics. */
export type Operation = 'token' | 'generate-url' | 'challenge-code';

/** How a request was sent, on which the meaning of "cannot decrypt" depends. */
export interface SentForm {
  readonly form: 'sealed' | 'plain';
  /** For an operator: the likely cause when the service cannot open a request that was sealed. */
  readonly keyDiagnosis: () => string;
}

const TOO_MANY_REQUESTS = 429;
const OVER_QUOTA: readonly unknown[] = [
  'policies.ratelimit.QuotaViolation',
  'policies.ratelimit.SpikeArrestViolation',
];
/** Go's and the staging service's words for "sealed for another key than mine" (satusehat.md §7). */
const WRONG_KEY = /^failed to decrypt message$|crypto\/rsa/i;
/** The service's words for a body that it wanted sealed (§5, §6). */
const WANTED_SEALED = /^missing begin tag$|^failed to decrypt/i;

/**
 * Why an answer is no success (contract §2, §6 SATUSEHAT). The decision is `metadata.code`'s wherever there is one, since staging
 * refuses with HTTP 200; the HTTP status counts only for answers without it.
 */
export function failure(
  operation: Operation,
  response: PartnerResponse,
  answer: SatusehatAnswer,
  { now, sent }: { readonly now: number; readonly sent?: SentForm },
): PartnerError {
  const common = { httpStatus: response.status };
  const pause = retryAfterSeconds(response.headers, now);
  if (answer.grammar === 'metadata') {
    const publicCode = String(answer.code);
    if (answer.code === TOO_MANY_REQUESTS) return overloaded(operation, response, publicCode, pause);
    if (answer.code < 400 || answer.code > 499)
      return new PartnerError(PARTNER, operation, 'error', { ...common, publicCode });
    return refusal(operation, { ...common, publicCode }, answer.error ?? '', sent);
  }
  const publicCode = answer.grammar === 'wordless' ? undefined : answer.code;
  if (response.status === TOO_MANY_REQUESTS || OVER_QUOTA.includes(publicCode))
    return overloaded(operation, response, publicCode, pause);
  const fault = faultOf(response.status, answer);
  return new PartnerError(PARTNER, operation, fault, {
    ...common,
    publicCode: publicCode ?? `HTTP ${response.status}`,
    ...(fault === 'unavailable' ? { retryAfterSeconds: pause } : {}),
  });
}

/** The service understood and said no, unless it could not read us at all because of our key. */
function refusal(
  operation: Operation,
  common: { readonly httpStatus: number; readonly publicCode: string },
  error: string,
  sent: SentForm | undefined,
): PartnerError {
  if (sent?.form === 'sealed' && WRONG_KEY.test(error))
    return new PartnerError(PARTNER, operation, 'error', { ...common, hint: sent.keyDiagnosis() });
  const hint =
    sent?.form === 'plain' && WANTED_SEALED.test(error)
      ? { hint: 'this environment takes sealed requests only, which says nothing about the person' }
      : {};
  return new PartnerError(PARTNER, operation, 'refused', { ...common, ...hint });
}

/** The Ministry's front end says that its service is away or silent with 503 and 504, as text or as a `fault` (§7). */
function faultOf(status: number, answer: SatusehatAnswer): 'error' | 'unavailable' | 'timeout' {
  if (answer.grammar !== 'wordless' && answer.grammar !== 'fault') return 'error';
  if (status === 503) return 'unavailable';
  return status === 504 ? 'timeout' : 'error';
}

function overloaded(
  operation: Operation,
  { status }: PartnerResponse,
  publicCode: string | undefined,
  retryAfterSeconds: number | undefined,
): PartnerError {
  return new PartnerError(PARTNER, operation, 'unavailable', {
    publicCode,
    httpStatus: status,
    retryAfterSeconds,
  });
}

/**
 * Whether the token service says no to our credentials (§7): a 401, or its own words for that. HTML of a proxy says nothing
 * about them, and neither does a path or method that is not there.
 */
export function refusesCredentials({ status, body }: PartnerResponse, answer: SatusehatAnswer): boolean {
  switch (answer.grammar) {
    case 'wordless':
      return status === 401 && body.length === 0;
    case 'oauth':
      return status === 401 || answer.code === 'invalid_client' || answer.code === 'unauthorized_client';
    case 'outcome':
      return status === 400 || status === 401 || status === 403;
    case 'fault':
    case 'metadata':
      return status === 401;
  }
}
