import { KycError } from '@kyc-gateway/client';
import { PictureMissing } from './kyc.ts';
import type { Texts } from './texts.ts';

/** Why something did not work, and what the person can do about it. */
export interface Refusal {
  readonly words: keyof Texts['refusals'];
  /** The same again, sign in again, begin anew with new pictures, or nothing here. */
  readonly way: 'again' | 'sign-in' | 'anew' | 'none';
  readonly afterSeconds?: number | undefined;
}

/** Of whatever was thrown. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof KycError) return { ...ofGateway(error), afterSeconds: error.retryAfterSeconds };
  if (error instanceof PictureMissing) return { words: 'pictureMissing', way: 'again' };
  // What `fetch` and the client's upload throw when there is no answer.
  if (error instanceof TypeError) return { words: 'unreachable', way: 'again' };
  return { words: 'unexpected', way: 'again' };
}

function ofGateway({ code, problem }: KycError): Refusal {
  switch (code) {
    case 'unauthorized':
    case 'invalid_token':
    case 'insufficient_scope':
      return { words: 'signedOut', way: 'sign-in' };
    case 'rate_limited':
      return { words: 'tooOften', way: 'again' };
    case 'temporarily_unavailable':
    case 'partner_unavailable':
    case 'partner_timeout':
    case 'partner_error':
    case 'idempotency_in_progress':
    case 'internal_error':
    case 'unexpected_answer':
      return { words: 'busy', way: 'again' };
    case 'invalid_image':
      return { words: 'pictureRefused', way: 'again' };
    case 'payload_too_large':
      return { words: 'pictureTooLarge', way: 'again' };
    case 'unsupported_media_type':
      return { words: 'pictureType', way: 'again' };
    case 'partner_refused':
      return problem?.detail.includes('SUBMISSION_QUOTA_EXCEEDED')
        ? { words: 'attemptsUsedUp', way: 'none' }
        : { words: 'documentsRefused', way: 'again' };
    case 'upload_url_expired':
    case 'not_found':
    case 'invalid_state':
    case 'conflict':
    case 'answer_erased':
    case 'idempotency_key_reused':
      return { words: 'tooLate', way: 'anew' };
    case 'phone_missing':
    case 'phone_mismatch':
    case 'email_mismatch':
    case 'person_restricted':
    case 'partner_not_configured':
    case 'forbidden':
    case 'officer_required':
      return { words: 'notPossible', way: 'none' };
    // What a page like this one never causes.
    case 'ambiguous_person':
    case 'cross_site':
    case 'events_not_configured':
    case 'identity_not_found':
    case 'incomplete_data':
    case 'invalid_request':
    case 'kyc_not_found':
    case 'method_not_allowed':
    case 'not_correctable':
    case 'precondition_failed':
    case 'reason_required':
      return { words: 'unexpected', way: 'again' };
  }
}
