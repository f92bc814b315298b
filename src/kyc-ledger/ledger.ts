import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Prepared, Transaction } from '../platform/database';
import { type EnqueueOptions, type JobData, JobQueue } from '../platform/jobs';
import { Clock } from '../platform/time';
import { bodyDigest, type EventBody, type EventData, type VaultReference } from './event';
import { LedgerNews } from './ledger-news';
import { type Person, PersonVault, type SealedEntry } from './person-vault';
import { folded, opened, PHONE, type Submission } from './projection';
import { type LockedSubmission, SubmissionRepository, submissionRow } from './submission.repository';
import {
  NOTE_EVENTS,
  type NoteEvent,
  type StatusEvent,
  type SubmissionKind,
  verdict,
} from './submission-state';

/** A job written in the same transaction as the event. */
export interface FollowUp {
  readonly job: string;
  readonly data: JobData;
  readonly options?: EnqueueOptions;
}

/** Personal data an event brings, by vault name. */
type PersonalData = Readonly<Record<string, string>>;

export interface Opening {
  readonly person: Person;
  readonly kind: SubmissionKind;
  readonly openedBy: 'user' | 'back-office';
  /** Makes the event happen once, however often it is asked for. */
  readonly sourceKey: string;
  readonly data?: EventData;
  readonly personal?: PersonalData;
  readonly phoneNumber: string | null;
  /** Needs the new submission's id. */
  readonly followUps?: (submissionId: string) => readonly FollowUp[];
  /** Ours when the caller already told a partner about it. */
  readonly submissionId?: string;
}

export interface Happening {
  readonly businessUnit: string;
  readonly submissionId: string;
  readonly type: Exclude<StatusEvent, 'kyc.opened'> | NoteEvent;
  readonly sourceKey: string;
  readonly data?: EventData;
  readonly personal?: PersonalData;
  /** Whose the personal data is; the submission's person when absent. */
  readonly owner?: Person;
  readonly followUps?: readonly FollowUp[];
}

/** What became of an append. `unchanged`: nothing new was said; `refused`: the event is not allowed in this status. */
export interface Appended {
  readonly outcome: 'appended' | 'unchanged' | 'contradicted' | 'refused';
  readonly submission: Submission;
}

/** Something that happened to a person as a whole, shown with each of their submissions. */
export interface PersonHappening {
  readonly businessUnit: string;
  readonly personId: string;
  readonly type: 'person.erased' | 'person.restricted';
  readonly sourceKey: string;
  readonly data: EventData;
}

const APPEND: Prepared = {
  name: 'ledger-append',
  text: 'SELECT ledger_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)',
};

/** The only way KYC state changes: event, projection and follow-up jobs in one transaction (house.md §5). */
@Injectable()
export class Ledger {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly vault: PersonVault,
    private readonly jobs: JobQueue,
    private readonly news: LedgerNews,
    private readonly clock: Clock,
  ) {}

  /** Starts a submission. Its `lastSeq` is for the chain to give, at the commit. */
  async open(tx: Transaction, opening: Opening): Promise<Submission> {
    const { person, phoneNumber } = opening;
    const submissionId = opening.submissionId ?? randomUUID();
    const entries = this.#seal(person, {
      ...opening.personal,
      ...(phoneNumber === null ? {} : { [PHONE]: phoneNumber }),
    });
    const event: EventBody = {
      businessUnit: person.businessUnit,
      submissionId,
      personId: person.id,
      type: 'kyc.opened',
      at: this.clock.date(),
      sourceKey: opening.sourceKey,
      data: { ...opening.data, kind: opening.kind, openedBy: opening.openedBy },
      vault: references(entries),
    };
    const submission = opened(event);
    if (submission.status === 'approved') await this.vault.retain(tx, person);
    await this.#follow(tx, submission, opening.followUps?.(submissionId));
    this.#chain(tx, event, entries, submission);
    return submission;
  }

  /**
   * Records what happened to a submission, if the table of transitions allows it. Once per `sourceKey`: told again, it is
   * `appended` already and nothing is written. The `lastSeq` that is returned is the one before.
   * A different final word of the partner becomes `partner.contradicted` and changes nothing.
   */
  async append(tx: Transaction, happening: Happening): Promise<Appended> {
    const { businessUnit, submissionId, type } = happening;
    const locked = await this.submissions.lockWithPerson(tx, businessUnit, submissionId);
    if (locked === undefined) throw new Error('an event for a submission that does not exist');
    const { submission } = locked;
    const result = isNote(type) ? submission.status : verdict(submission.kind, submission.status, type);
    if (result === 'same') return { outcome: 'unchanged', submission };
    if (result === 'refused') return { outcome: 'refused', submission };
    if (result !== 'contradiction') return this.#record(tx, locked, happening, 'appended');
    const contradicting = contradiction(happening);
    const known = await this.submissions.hasEvent(tx, businessUnit, contradicting.sourceKey);
    return known
      ? { outcome: 'unchanged', submission }
      : this.#record(tx, locked, contradicting, 'contradicted');
  }

  /** Records what happened to a person. Once per `sourceKey`. */
  appendAbout(tx: Transaction, happening: PersonHappening): void {
    this.#chain(tx, { ...happening, submissionId: null, at: this.clock.date(), vault: [] }, [], null);
  }

  async #record(
    tx: Transaction,
    { submission: before, person }: LockedSubmission,
    happening: Happening,
    outcome: 'appended' | 'contradicted',
  ): Promise<Appended> {
    const owner = happening.owner ?? this.vault.writable(before.businessUnit, person);
    const entries = owner === undefined ? [] : this.#seal(owner, happening.personal ?? {});
    const event: EventBody = {
      businessUnit: before.businessUnit,
      submissionId: before.id,
      personId: before.personId,
      type: happening.type,
      at: this.clock.date(),
      sourceKey: happening.sourceKey,
      // Whose the personal data is, where that is somebody else: provable also when their key is gone.
      data: {
        ...happening.data,
        ...(owner === undefined || owner.id === before.personId ? {} : { owner: owner.id }),
      },
      vault: references(entries),
    };
    const after = folded(before, event);
    if (happening.type === 'kyc.approved' && owner !== undefined) await this.vault.retain(tx, owner);
    await this.#follow(tx, before, happening.followUps);
    this.#chain(tx, event, entries, after === before ? null : after);
    return { outcome, submission: after };
  }

  /**
   * Sends the event on its way; the database gives it its place in the chain. Last in its transaction where possible, and not
   * waited for: from here to the commit every other append of the unit waits, so that commit should come along with it.
   */
  #chain(tx: Transaction, event: EventBody, entries: readonly SealedEntry[], after: Submission | null): void {
    tx.last(APPEND, [
      event.businessUnit,
      event.submissionId,
      event.personId,
      event.type,
      event.at,
      event.sourceKey,
      JSON.stringify(event.data),
      JSON.stringify(event.vault),
      bodyDigest(event),
      entries.map(({ reference }) => reference.id),
      entries.map(({ personId }) => personId),
      entries.map(({ reference }) => reference.name),
      entries.map(({ sealed }) => sealed),
      after === null ? null : JSON.stringify(submissionRow(after)),
    ]);
  }

  async #follow(
    tx: Transaction,
    { businessUnit, id }: Submission,
    followUps: readonly FollowUp[] = [],
  ): Promise<void> {
    for (const { job, data, options } of followUps) await this.jobs.enqueue(tx, job, data, options);
    tx.afterCommit(() => this.news.tell(businessUnit, id));
  }

  #seal(person: Person, personal: PersonalData): SealedEntry[] {
    return Object.entries(personal).map(([name, value]) => this.vault.seal(person, name, value));
  }
}

function references(entries: readonly SealedEntry[]): VaultReference[] {
  return entries.map(({ reference }) => reference);
}

/** Recorded once per different word, never applied. */
function contradiction({ businessUnit, submissionId, type, data }: Happening): Happening {
  const reasonCode = data?.reasonCode ?? null;
  return {
    businessUnit,
    submissionId,
    type: 'partner.contradicted',
    sourceKey: `contradicted:${submissionId}:${type}:${reasonCode ?? ''}`,
    data: { said: type, reasonCode },
  };
}

function isNote(type: Happening['type']): type is NoteEvent {
  return NOTE_EVENTS.some((note) => note === type);
}
