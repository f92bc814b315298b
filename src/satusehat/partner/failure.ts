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

/** Why an answer is no success (contract §2, §6 SATUSEHAT). */
export function failure(
  operation: Operation,
  response: PartnerResponse,
  answer: SatusehatAnswer,
  { now, sent }: { readonly now: number; readonly sent?: SentForm },
): PartnerError {
  const { fault, ...why } = judged(response.status, answer, sent);
  return new PartnerError(PARTNER, operation, fault, {
    ...why,
    answer: response,
    retryAfterSeconds: retryAfterSeconds(response.headers, now),
  });
}

interface Judged {
  readonly fault: 'refused' | 'error' | 'unavailable' | 'timeout';
  readonly publicCode?: string | undefined;
  readonly hint?: string;
}

/**
 * The decision is `metadata.code`'s wherever there is one, since staging refuses with HTTP 200; the HTTP status counts only for
 * answers without it.
 */
function judged(status: number, answer: SatusehatAnswer, sent: SentForm | undefined): Judged {
  if (answer.grammar === 'metadata') {
    const publicCode = String(answer.code);
    if (answer.code === TOO_MANY_REQUESTS) return { fault: 'unavailable', publicCode };
    if (answer.code < 400 || answer.code > 499) return { fault: 'error', publicCode };
    return { ...refusal(answer.error ?? '', sent), publicCode };
  }
  const publicCode = answer.grammar === 'wordless' ? undefined : answer.code;
  if (status === TOO_MANY_REQUESTS || OVER_QUOTA.includes(publicCode))
    return { fault: 'unavailable', publicCode };
  return { fault: faultOf(status, answer), publicCode: publicCode ?? `HTTP ${status}` };
}

/** The service understood and said no, unless it could not read us at all because of our key. */
function refusal(error: string, sent: SentForm | undefined): Judged {
  if (sent?.form === 'sealed' && WRONG_KEY.test(error)) return { fault: 'error', hint: sent.keyDiagnosis() };
  if (sent?.form !== 'plain' || !WANTED_SEALED.test(error)) return { fault: 'refused' };
  const hint = 'this environment takes sealed requests only, which says nothing about the person';
  return { fault: 'refused', hint };
}

/** The Ministry's front end says that its service is away or silent with 503 and 504, as text or as a `fault` (§7). */
function faultOf(status: number, answer: SatusehatAnswer): 'error' | 'unavailable' | 'timeout' {
  if (answer.grammar !== 'wordless' && answer.grammar !== 'fault') return 'error';
  if (status === 503) return 'unavailable';
  return status === 504 ? 'timeout' : 'error';
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
