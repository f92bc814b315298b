/** How a person's KYC was started. */
export const SUBMISSION_KINDS = ['gtf-siv', 'gtf-coe', 'satusehat', 'common-kyc'] as const;
export type SubmissionKind = (typeof SUBMISSION_KINDS)[number];

/** What sets kinds of submissions apart for the ledger. */
interface KindTraits {
  /** The status that it starts in. */
  readonly first: 'open' | 'approved';
  /** Whether the back office may decide without any word of the partner. */
  readonly isDecidedOpen: boolean;
  /** Whether the partner verifies the person and their number: nobody else's data may be put under its verdict. */
  readonly isVerified: boolean;
  /** Whom it is about: the person who opened it, or one whom the approval alone names. */
  readonly about: 'opener' | 'approval';
}

const VERIFIED = { first: 'open', isDecidedOpen: false, isVerified: true, about: 'opener' } as const;
/** There is no result channel: the officer's decision comes straight after `open` (satusehat.md §9). */
const ATTESTED = { first: 'open', isDecidedOpen: true, isVerified: false, about: 'approval' } as const;
/** Data that the back office hands in is approved already (contract §4.3). */
const HANDED_IN = { first: 'approved', isDecidedOpen: false, isVerified: false, about: 'opener' } as const;

/** The names are the API's and the chain's. This file alone in the ledger knows them, and those of events. */
const KINDS: Readonly<Record<SubmissionKind, KindTraits>> = {
  'gtf-siv': VERIFIED,
  'gtf-coe': VERIFIED,
  satusehat: ATTESTED,
  'common-kyc': HANDED_IN,
};

export function traitsOf(kind: SubmissionKind): KindTraits {
  return KINDS[kind];
}

/** Kinds with a trait, as a sentence of the API's description names them. */
export function kindsWith(has: (traits: KindTraits) => boolean): string {
  return SUBMISSION_KINDS.filter((kind) => has(KINDS[kind]))
    .map((kind) => `\`${kind}\``)
    .join(' and ');
}

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

/** Events of the chain itself: its end was signed, so that the unit is told and can testify (contract §7.7). */
export const CHECKPOINT_EVENT = 'ledger.checkpoint';

export type EventType = StatusEvent | NoteEvent | PersonEvent | typeof CHECKPOINT_EVENT;

/** Somebody's data was read in clear. */
export const READ_EVENTS: readonly EventType[] = ['identity.read', 'person.read', 'common_kyc.read'];

/** After these nothing more is to come (contract §7.5): a failed share can be repeated, a declined person approved. */
export const LAST_EVENTS: readonly EventType[] = ['common_kyc.shared', 'kyc.rejected', 'person.erased'];

export const EVENT_TYPES: readonly EventType[] = [
  ...STATUS_EVENTS,
  ...NOTE_EVENTS,
  ...PERSON_EVENTS,
  CHECKPOINT_EVENT,
];

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

/** After an approval the partner's `verified` agrees with it, and what is shared may fail and be shared again. */
const APPROVED = {
  ...SETTLED,
  'kyc.verified': 'same',
  'kyc.approved': 'same',
  'kyc.rejected': 'refused',
  'common_kyc.shared': 'shared',
  'common_kyc.share_failed': 'share_failed',
} as const;

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
  approved: APPROVED,
  rejected: { ...SETTLED, ...NO_DECISION, 'kyc.rejected': 'same' },
  shared: { ...APPROVED, 'common_kyc.shared': 'same', 'common_kyc.share_failed': 'refused' },
  share_failed: APPROVED,
};

const DECIDED_OPEN: Row = { ...TRANSITIONS.open, ...DECIDABLE };

export function firstStatus(kind: SubmissionKind): SubmissionStatus {
  return traitsOf(kind).first;
}

/** The status that an event which moved a submission of this kind left it in. */
export function statusAfter(kind: SubmissionKind, moved: StatusEvent): SubmissionStatus {
  return moved === 'kyc.opened' ? firstStatus(kind) : STATUS_AFTER[moved];
}

const STATUS_AFTER: Readonly<Record<Exclude<StatusEvent, 'kyc.opened'>, SubmissionStatus>> = {
  ...UNDECIDED,
  'kyc.approved': 'approved',
  'kyc.rejected': 'rejected',
  'common_kyc.shared': 'shared',
  'common_kyc.share_failed': 'share_failed',
};

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
  const row = status === 'open' && traitsOf(kind).isDecidedOpen ? DECIDED_OPEN : TRANSITIONS[status];
  return row[event];
}
