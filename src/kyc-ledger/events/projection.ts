import type { EventBody } from './event';
import type { DecisionRecord, Submission } from '../submissions/submission.entity';
import {
  firstStatus,
  type SubmissionStatus,
  verdict,
  STATUS_EVENTS,
  type StatusEvent,
} from '../submissions/submission-state';

/** Who decided and why, in their own words. Personal data: in the vault, under the key of the person decided about. */
export interface DecisionNote {
  readonly officer: string | null;
  readonly reason: string | null;
}

/** Names of vault entries the projection points to. */
export const PHONE = 'phone';
export const IDENTITY = 'identity';
export const DECISION = 'decision';
export const PARTNER_SUBMISSION = 'partner-submission';

const KEPT_HERE: readonly string[] = [PHONE, IDENTITY, PARTNER_SUBMISSION];

/** The submission after its first event; its place in the chain is for the caller to add, here and in {@link folded}. */
export function opened(event: EventBody): Submission {
  const { submissionId, data } = event;
  const { personId } = event;
  if (submissionId === null || personId === null || data.kind === undefined || data.openedBy === undefined)
    throw new Error('kyc.opened names a submission, its person, its kind and who opened it');
  const status = firstStatus(data.kind);
  return {
    businessUnit: event.businessUnit,
    id: submissionId,
    personId,
    kind: data.kind,
    submissionType: data.submissionType ?? null,
    openedBy: data.openedBy,
    status,
    reasonCode: null,
    verification: null,
    decision: status === 'approved' ? decisionOf(event, status, null) : null,
    phoneEntry: entry(event, PHONE),
    identityEntry: entry(event, IDENTITY),
    partnerEntry: entry(event, PARTNER_SUBMISSION),
    createdAt: event.at,
    updatedAt: event.at,
    lastSeq: 0,
  };
}

/**
 * The submission after one more event; a note that brings nothing of what is kept here leaves it as it is.
 * Pure: rebuilding the projection is a fold of this over the chain.
 */
export function folded(before: Submission, event: EventBody): Submission {
  const moves = isStatusEvent(event.type);
  if (!moves && !event.vault.some(({ name }) => KEPT_HERE.includes(name))) return before;
  const { data } = event;
  return {
    ...before,
    status: moves ? nextStatus(before, event.type) : before.status,
    reasonCode: data.reasonCode === undefined || !moves ? before.reasonCode : data.reasonCode,
    verification: data.verification ?? before.verification,
    decision: decided(before, event),
    phoneEntry: entry(event, PHONE) ?? before.phoneEntry,
    identityEntry: entry(event, IDENTITY) ?? before.identityEntry,
    partnerEntry: entry(event, PARTNER_SUBMISSION) ?? before.partnerEntry,
    updatedAt: event.at > before.updatedAt ? event.at : before.updatedAt,
  };
}

/** The submission after all of its events, in order. */
export function replayed(events: readonly { readonly seq: number; readonly body: EventBody }[]): Submission {
  const [first, ...rest] = events;
  if (first === undefined) throw new Error('a submission has a first event');
  return rest.reduce(
    (before, { seq, body }) => {
      const after = folded(before, body);
      return after === before ? before : { ...after, lastSeq: seq };
    },
    { ...opened(first.body), lastSeq: first.seq },
  );
}

function nextStatus(before: Submission, type: StatusEvent): SubmissionStatus {
  const result = verdict(before.kind, before.status, type, before.decision?.decidedOn);
  if (result === 'contradiction' || result === 'refused')
    throw new Error(`${type} cannot happen in ${before.status}`);
  return result === 'same' ? before.status : result;
}

function decided(before: Submission, event: EventBody): DecisionRecord | null {
  switch (event.type) {
    case 'kyc.approved':
      return decisionOf(event, 'approved', before.status);
    case 'kyc.rejected':
      return decisionOf(event, 'rejected', before.status);
    default:
      return before.decision;
  }
}

function decisionOf(
  event: EventBody,
  outcome: DecisionRecord['outcome'],
  decidedOn: SubmissionStatus | null,
): DecisionRecord {
  const { by, override, corrected } = event.data;
  return {
    outcome,
    by: typeof by === 'string' ? by : '',
    at: event.at.toISOString(),
    decidedOn,
    overridden: override === true,
    corrected: Array.isArray(corrected) ? corrected.map(String) : [],
    entry: entry(event, DECISION),
  };
}

function isStatusEvent(type: string): type is StatusEvent {
  return STATUS_EVENTS.some((known) => known === type);
}

function entry(event: EventBody, name: string): string | null {
  return event.vault.find((reference) => reference.name === name)?.id ?? null;
}
