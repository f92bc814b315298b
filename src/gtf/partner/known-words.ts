/** `errors[].cause` as GTF's pages list it (gtf.md §2, §3, §6). */
const CAUSES: ReadonlySet<string> = new Set([
  'ADDITIONAL_DETAILS_IS_NULL',
  'CLIENT_ID_CAN_NOT_BE_EMPTY',
  'COE_PARTNER_CAN_NOT_BE_EMPTY',
  'DATA_VERIFICATION_IS_EMPTY',
  'DUPLICATE_PARTNER_SESSION_ID',
  'EMAIL_IS_INVALID',
  'EMAIL_IS_NULL',
  'EMAIL_VERIFICATION_IS_REQUIRED',
  'EMAIL_VERIFICATION_REFERENCE_ID_IS_REQUIRED',
  'ESIGN_ONBOARDING_PARTNER_CAN_NOT_BE_EMPTY',
  'ESIGN_PARTNER_CAN_NOT_BE_EMPTY',
  'FORBIDDEN',
  'INVALID_CONFIRM_UPLOAD_REQUEST',
  'INVALID_FLOW',
  'INVALID_PARTNER',
  'INVALID_SOURCE',
  'INVALID_SUBMISSION_ID',
  'INVALID_SUBMISSION_TYPE',
  'INVALID_UPLOAD_ARTIFACT',
  'MISSING_CLIENT_ID',
  'MISSING_CLIENT_ID_OR_PASS_KEY',
  'MISSING_PASS_KEY',
  'ONBOARDING_PARTNER_DOES_NOT_BELONG_TO_CLIENT',
  'PARTNER_SESSION_ID_CANNOT_BE_EMPTY',
  'PARTNER_SESSION_ID_CAN_NOT_BE_EMPTY',
  'PARTNER_SESSION_ID_DOES_NOT_BELONG_TO_THE_USER',
  'PARTNER_USER_ID_CAN_NOT_BE_EMPTY',
  'PARTNER_USER_ID_TYPE_CAN_NOT_BE_EMPTY',
  'PASS_KEY_CAN_NOT_BE_EMPTY',
  'PHONE_NUMBER_IS_INVALID',
  'PHONE_NUMBER_OR_EMAIL_IS_REQUIRED',
  'PHONE_NUMBER_VERIFICATION_MUST_BE_TRUE',
  'PHONE_NUMBER_VERIFICATION_REFERENCE_ID_IS_REQUIRED',
  'SERVICE_UNAVAILABLE',
  'SOMETHING_WENT_WRONG',
  'SUBMISSION_DOES_NOT_EXIST',
  'SUBMISSION_ID_DOES_NOT_BELONG_TO_CURRENT_USER',
  'SUBMISSION_QUOTA_EXCEEDED',
  'SUBMISSION_STATE_CONFLICT',
  'TOO_MANY_REQUESTS',
  'UNAUTHORIZED',
  'USER_NOT_FOUND',
  'X_SDK_SESSION_ID_CAN_NOT_BE_EMPTY',
]);
/** The page cuts the rest of this name off. */
const USER_NOT_FOUND_FOR_PARTNER = 'USER_NOT_FOUND_FOR_PARTNER';

const CODES: ReadonlySet<string> = new Set(
  [110, 404, 409, 422, 429, 900, 903, 1514, 1518, 1539, 1541, 1542, 1543, 1550, 1552, 1553, 1650, 1653].map(
    String,
  ),
);

/**
 * A refusal's `cause`, else its `code`, where GTF's pages know it: whatever else stands there may be a sentence about a person, and
 * is neither shown, logged nor kept. Undefined for that.
 */
export function knownCause(cause: string | undefined, code: string | undefined): string | undefined {
  if (cause !== undefined && CAUSES.has(cause)) return cause;
  if (cause?.startsWith(USER_NOT_FOUND_FOR_PARTNER) === true) return USER_NOT_FOUND_FOR_PARTNER;
  return code !== undefined && CODES.has(code) ? code : undefined;
}

const MAX_WORD = 80;
/** `FACE_MATCH_FAILED`: capitals, joined by at least one underscore; no digits, which could be somebody's. */
const REASON = /^[A-Z]+(?:_[A-Z]+)+$/;
/** `ON_HOLD`, `ARCHIVED`. */
const STATUS = /^[A-Z]+(?:_[A-Z]+)*$/;
const UNDOCUMENTED = 'undocumented';

/** A reason code as it may be shown. The list is open (gtf.md §4), so that one is told from a sentence by its form. */
export function shownReason(word: string): string {
  return word.length <= MAX_WORD && REASON.test(word) ? word : UNDOCUMENTED;
}

/** A status or result as it may be shown; operators must see which word it was that nobody knows (gtf.md §7.1). */
export function shownStatus(word: string): string {
  return word.length <= MAX_WORD && STATUS.test(word) ? word : UNDOCUMENTED;
}
