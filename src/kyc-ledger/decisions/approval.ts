import type { EventData, Verification, VerificationWord } from '../events/event';
import type { Identity } from '../people/identity';
import { isPastDate, readNik } from '../../platform/indonesia';
import { GatewayError, unprocessable } from '../../platform/errors';
import type { DecisionRecord, Submission } from '../submissions/submission.entity';
import { traitsOf } from '../submissions/submission-state';

/** What an approved person's data consists of, and is shared with. */
const FIELDS = ['fullName', 'nik', 'dateOfBirth', 'email', 'phoneNumber'] as const;
type Field = (typeof FIELDS)[number];

/** What the back office puts right while approving. */
export type Corrections = { readonly [Name in Field]?: string | undefined };

/** What an officer approves, and why. `override`: against the partner's word, or ahead of it. */
export interface Approval {
  readonly corrections: Corrections;
  readonly officer: string | null;
  readonly reason: string | null;
  readonly override: boolean;
  readonly consent: EventData;
}

/** What is approved in the end: every field, and which of them the officer changed. */
export interface ApprovedIdentity {
  readonly identity: Identity & { readonly [Name in Field]: string };
  readonly corrected: readonly Field[];
}

/** The partner's word on a field that an officer changes. */
const WORD_OF: Partial<Record<Field, keyof Verification>> = {
  fullName: 'name',
  nik: 'nik',
  dateOfBirth: 'dateOfBirth',
};

const NO_WORDS: Verification = { nik: 'unknown', name: 'unknown', dateOfBirth: 'unknown', selfie: 'unknown' };

/** @throws GatewayError 422 for what no approval of this submission may ask, whatever its status */
export function refuseUnacceptable(
  submission: Submission,
  { corrections, override, reason }: Approval,
): void {
  if (traitsOf(submission.kind).isVerified && corrections.phoneNumber !== undefined)
    throw unprocessable(
      'not_correctable',
      'An approval neither changes nor adds the phone number that the person was verified with.',
      [{ field: 'phoneNumber', message: 'cannot be corrected' }],
    );
  if (override && reason === null) throw reasonRequired('an override');
}

/**
 * The identity with the officer's corrections.
 * @param known what the submission holds
 * @throws GatewayError 422 `incomplete_data`, `reason_required`
 */
export function approvedIdentity(
  submission: Submission,
  known: Identity,
  { corrections, reason }: Approval,
): ApprovedIdentity {
  // An identity card shows no e-mail address; whom the approval alone names, of them it has to say everything.
  const before = shareable({
    ...known,
    email: known.email ?? (traitsOf(submission.kind).about === 'approval' ? null : ''),
  });
  const corrected = FIELDS.filter((field) => (corrections[field] ?? before[field]) !== before[field]);
  const changes = Object.fromEntries(corrected.map((field) => [field, corrections[field]]));
  const identity = { ...before, ...changes };
  refuseIncomplete(submission, identity);
  if (traitsOf(submission.kind).isVerified && reason === null && corrected.some((field) => field in WORD_OF))
    throw reasonRequired('a corrected name, NIK or date of birth');
  return { identity, corrected };
}

/** The partner's words once the officer changed fields; undefined where they stand as they are. */
export function overriddenWords(
  submission: Submission,
  corrected: readonly Field[],
): Record<keyof Verification, VerificationWord> | undefined {
  const words = corrected.flatMap((field) => WORD_OF[field] ?? []);
  if (!traitsOf(submission.kind).isVerified || words.length === 0) return undefined;
  const overridden = Object.fromEntries(words.map((word) => [word, 'overridden']));
  return { ...(submission.verification ?? NO_WORDS), ...overridden };
}

/**
 * An approval that is made again changes nothing.
 * @param approved what was approved; null when it may not be used any more, and so cannot be compared
 * @throws GatewayError 409 `conflict` where it asks for something else than was approved
 */
export function refuseOther(
  { overridden, corrected }: DecisionRecord,
  approved: Identity | null,
  { corrections, override }: Approval,
): void {
  const alike = FIELDS.every((field) => {
    const wanted = corrections[field];
    return wanted === undefined ? !corrected.includes(field) : wanted === approved?.[field];
  });
  if (!alike || override !== overridden)
    throw new GatewayError(
      409,
      'conflict',
      'The submission was approved with other corrections or override.',
    );
}

/** What cannot be a NIK or a date of birth is not known: text recognition may misread a card. */
function shareable(identity: Identity): Identity {
  const { nik, dateOfBirth } = identity;
  return {
    ...identity,
    nik: nik === null || readNik(nik) === undefined ? null : nik,
    dateOfBirth: dateOfBirth === null || !isPastDate(dateOfBirth) ? null : dateOfBirth,
  };
}

/** SIMAS-ID lets people in who have no phone number; nobody but they can have one verified. */
const NO_PHONE_NUMBER =
  'The person was verified without a phone number, without which nothing is shared, and an approval cannot add one: reject the ' +
  'submission and let the person verify again with a number, or hand their data in as approved already.';

function refuseIncomplete(
  { kind }: Submission,
  identity: Identity,
): asserts identity is ApprovedIdentity['identity'] {
  const missing = FIELDS.filter((field) => identity[field] === null);
  if (missing.length === 0) return;
  const isFinal = traitsOf(kind).isVerified && missing.includes('phoneNumber');
  throw unprocessable(
    'incomplete_data',
    isFinal ? NO_PHONE_NUMBER : 'More is needed than is known: send what is missing along with the approval.',
    missing.map((field) => ({ field, message: 'is not known' })),
  );
}

function reasonRequired(what: string): GatewayError {
  return unprocessable('reason_required', `The decision needs a reason: it has ${what}.`, [
    { field: 'reason', message: `is needed for ${what}` },
  ]);
}
