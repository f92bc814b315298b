import type { EventData } from './event';
import type { Person } from '../people/person-key';
import type { Submission } from '../submissions/submission.entity';
import type { NoteEvent, PersonEvent, StatusEvent, SubmissionKind } from '../submissions/submission-state';

/** Personal data an event brings, by vault name. */
export type PersonalData = Readonly<Record<string, string>>;

export interface Opening {
  readonly person: Person;
  readonly kind: SubmissionKind;
  readonly openedBy: 'user' | 'back-office';
  /** Makes the event happen once, however often it is asked for. */
  readonly sourceKey: string;
  readonly data?: EventData;
  readonly personal?: PersonalData;
  readonly phoneNumber: string | null;
  /** Ours when the caller already told a partner about it. */
  readonly submissionId?: string;
}

export interface NewEvent {
  readonly businessUnit: string;
  readonly submissionId: string;
  readonly type: Exclude<StatusEvent, 'kyc.opened'> | NoteEvent;
  /** Makes the event happen once; a function where that depends on the submission as it stands before. */
  readonly sourceKey: string | ((before: Submission) => string);
  readonly data?: EventData;
  readonly personal?: PersonalData | undefined;
  /** Whose data it brings or is about; the submission's person when absent. */
  readonly owner?: Person;
  /** It does not happen to people who asked to be forgotten: to those it is not recorded at all. */
  readonly unwithdrawn?: true;
}

/** An event that nothing else has to be written with. */
export type StandaloneEvent = Omit<NewEvent, 'owner' | 'type'> & {
  readonly type: Exclude<NewEvent['type'], 'kyc.approved' | 'kyc.rejected'>;
};

/**
 * What became of an append. `unchanged`: nothing new was said; `refused`: the event is not allowed in this status; `withdrawn`: it does
 * not happen to people who asked to be forgotten.
 */
export interface Appended {
  readonly outcome: 'appended' | 'unchanged' | 'contradicted' | 'refused' | 'withdrawn';
  readonly submission: Submission;
}

/** Something that happened to a person as a whole, shown with each of their submissions. */
export interface NewPersonEvent {
  readonly businessUnit: string;
  readonly personId: string;
  readonly type: PersonEvent;
  readonly sourceKey: string;
  readonly data: EventData;
  /** What is to be erased with the person, who is held. */
  readonly personal?: { readonly person: Person; readonly data: PersonalData };
}
