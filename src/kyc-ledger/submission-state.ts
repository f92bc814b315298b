/** How a person's KYC was started. */
export const SUBMISSION_KINDS = ['gtf-siv', 'gtf-coe', 'satusehat', 'common-kyc'] as const;
export type SubmissionKind = (typeof SUBMISSION_KINDS)[number];

export const SUBMISSION_STATUSES = [
  'open',
  'processing',
  'verified',
  'declined',
  'error',
  'unrecognised',
  'stale',
  'approved',
  'rejected',
  'shared',
  'share_failed',
] as const;
export type SubmissionStatus = (typeof SUBMISSION_STATUSES)[number];

/** Events that may move a submission from one status to another. */
export const STATUS_EVENTS = [
  'kyc.opened',
  'kyc.processing',
  'kyc.verified',
  'kyc.declined',
  'kyc.error',
  'kyc.unrecognised',
  'kyc.stale',
  'kyc.approved',
  'kyc.rejected',
  'common_kyc.shared',
  'common_kyc.share_failed',
] as const;
export type StatusEvent = (typeof STATUS_EVENTS)[number];

/** Events that are recorded without moving the status. */
export const NOTE_EVENTS = ['challenge_code.issued', 'identity.read', 'partner.contradicted'] as const;
export type NoteEvent = (typeof NOTE_EVENTS)[number];

/** Events of a person as a whole. */
export const PERSON_EVENTS = [
  'common_kyc.read',
  'person.erased',
  'person.read',
  'person.restricted',
] as const;
export type PersonEvent = (typeof PERSON_EVENTS)[number];

export type EventType = StatusEvent | NoteEvent | PersonEvent;
export const EVENT_TYPES: readonly EventType[] = [...STATUS_EVENTS, ...NOTE_EVENTS, ...PERSON_EVENTS];

/** `same`: nothing new, no event. `contradiction`: a different final word of the partner, recorded and never applied. */
export type Transition = SubmissionStatus | 'same' | 'contradiction' | 'refused';

type Row = Readonly<Record<Exclude<StatusEvent, 'kyc.opened'>, Transition>>;

const NO_DECISION = {
  'kyc.approved': 'refused',
  'kyc.rejected': 'refused',
  'common_kyc.shared': 'refused',
  'common_kyc.share_failed': 'refused',
} as const;

/** The partner may still say anything. */
const UNDECIDED = {
  'kyc.processing': 'processing',
  'kyc.verified': 'verified',
  'kyc.declined': 'declined',
  'kyc.error': 'error',
  'kyc.unrecognised': 'unrecognised',
  'kyc.stale': 'stale',
} as const;

/** The partner's verdict stands: what comes before it is late, what differs from it contradicts it. */
const SETTLED = {
  'kyc.processing': 'same',
  'kyc.verified': 'contradiction',
  'kyc.declined': 'contradiction',
  'kyc.error': 'contradiction',
  'kyc.unrecognised': 'same',
  'kyc.stale': 'same',
} as const;

/** After an approval the partner's `verified` agrees with it. */
const AGREED = { ...SETTLED, 'kyc.verified': 'same' } as const;

/** The back office may decide. Without the partner's `verified` an approval is an override (contract §7.5). */
const DECIDABLE = { ...NO_DECISION, 'kyc.approved': 'approved', 'kyc.rejected': 'rejected' } as const;

/** The whole life of a submission: what each event does in each status. Proven total and never backwards by its test. */
export const TRANSITIONS: Readonly<Record<SubmissionStatus, Row>> = {
  open: { ...UNDECIDED, ...NO_DECISION },
  processing: { ...UNDECIDED, ...NO_DECISION, 'kyc.processing': 'same' },
  unrecognised: { ...UNDECIDED, ...DECIDABLE, 'kyc.unrecognised': 'same' },
  stale: { ...UNDECIDED, ...DECIDABLE, 'kyc.stale': 'same' },
  verified: { ...SETTLED, ...DECIDABLE, 'kyc.verified': 'same' },
  declined: { ...SETTLED, ...DECIDABLE, 'kyc.declined': 'same' },
  error: { ...SETTLED, ...DECIDABLE, 'kyc.error': 'same' },
  approved: {
    ...AGREED,
    'kyc.approved': 'same',
    'kyc.rejected': 'refused',
    'common_kyc.shared': 'shared',
    'common_kyc.share_failed': 'share_failed',
  },
  rejected: { ...SETTLED, ...NO_DECISION, 'kyc.rejected': 'same' },
  shared: {
    ...AGREED,
    'kyc.approved': 'same',
    'kyc.rejected': 'refused',
    'common_kyc.shared': 'same',
    'common_kyc.share_failed': 'refused',
  },
  share_failed: {
    ...AGREED,
    'kyc.approved': 'same',
    'kyc.rejected': 'refused',
    'common_kyc.shared': 'shared',
    'common_kyc.share_failed': 'share_failed',
  },
};

/** SATUSEHAT has no result channel: the officer's decision comes straight after `open` (satusehat.md §9). */
const SATUSEHAT_OPEN: Row = { ...TRANSITIONS.open, ...DECIDABLE };
/** Data handed in by the back office is approved already (contract §4.3). */
const COMMON_KYC_OPEN: SubmissionStatus = 'approved';

/** The status a submission of this kind starts in. */
export function firstStatus(kind: SubmissionKind): SubmissionStatus {
  return kind === 'common-kyc' ? COMMON_KYC_OPEN : 'open';
}

const OVERRIDABLE: readonly SubmissionStatus[] = ['declined', 'error', 'unrecognised', 'stale'];

/** Whether approving a submission in this status goes against the partner, or ahead of it. */
export function needsOverride(status: SubmissionStatus): boolean {
  return OVERRIDABLE.includes(status);
}

/**
 * What `event` does to a submission of `kind` in `status`.
 * @param decidedOn the status the back office decided on; the partner repeating that word is nothing new
 */
export function verdict(
  kind: SubmissionKind,
  status: SubmissionStatus,
  event: StatusEvent,
  decidedOn: SubmissionStatus | null = null,
): Transition {
  if (event === 'kyc.opened' || event === `kyc.${decidedOn ?? ''}`) return 'same';
  const row = kind === 'satusehat' && status === 'open' ? SATUSEHAT_OPEN : TRANSITIONS[status];
  return row[event];
}
