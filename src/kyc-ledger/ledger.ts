import { Injectable } from '@nestjs/common';
import { databaseTime, type Prepared, type Transaction } from '../platform/database';
import { type Draft, EventFactory, judge } from './event-factory';
import { bodyDigest } from './event';
import { FollowUps } from './follow-ups';
import type { Appended, NewEvent, StandaloneEvent, Opening, NewPersonEvent } from './new-event';
import { People } from './people';
import { hasWithdrawn, type PersonRow } from './person-key';
import type { Submission } from './projection';
import type { SubmissionWithPerson } from './recent-submissions';
import { EventBatcher } from './event-batcher';
import { SubmissionRepository, submissionRow } from './submission.repository';

const APPEND: Prepared = {
  name: 'ledger-append',
  text: 'SELECT ledger_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS seq',
};

/** The only way KYC state changes: event, projection and follow-up jobs in one transaction. */
@Injectable()
export class Ledger {
  constructor(
    private readonly submissions: SubmissionRepository,
    private readonly people: People,
    private readonly drafts: EventFactory,
    private readonly followUps: FollowUps,
    private readonly shared: EventBatcher,
  ) {}

  /** Starts a submission. Its `lastSeq` is for the chain to give, at the commit. */
  async open(tx: Transaction, opening: Opening): Promise<Submission> {
    const draft = this.drafts.opening(opening, await databaseTime(tx));
    const submission = draft.after;
    if (submission.status === 'approved') await this.people.retain(tx, opening.person);
    await this.people.keep(tx, submission.businessUnit, submission.personId, draft.leads);
    await this.followUps.follow(tx, submission, opening.followUps?.(submission.id));
    this.#chain(tx, draft, { submission, person: opening.person.row });
    return submission;
  }

  /**
   * Records what happened to a submission, if the table of transitions allows it. Once per `sourceKey`: told again, it is
   * `appended` already and nothing is written. The `lastSeq` that is returned is the one before.
   * A different final word of the partner becomes `partner.contradicted` and changes nothing.
   * Whose data it brings is held: who is forgotten at the moment is so before the event, or after it.
   */
  async append(tx: Transaction, newEvent: NewEvent): Promise<Appended> {
    const { businessUnit, submissionId, type } = newEvent;
    const locked = await this.submissions.lockWithPerson(tx, businessUnit, submissionId);
    if (locked === undefined) throw new Error('an event for a submission that does not exist');
    const { submission } = locked;
    const known = { submission, person: await this.#held(tx, locked, newEvent) };
    if (newEvent.unwithdrawn === true && hasWithdrawn(known.person))
      return { outcome: 'withdrawn', submission };
    const outcome = judge(submission, type);
    switch (outcome) {
      case 'unchanged':
      case 'refused':
        return { outcome, submission };
      case 'appended':
        return { outcome, submission: await this.#next(tx, known, newEvent, locked.now) };
      case 'contradicted': {
        const sourceKey = contradictionKey(newEvent);
        if (await this.submissions.hasEvent(tx, businessUnit, sourceKey))
          return { outcome: 'unchanged', submission };
        await this.#next(tx, known, contradiction(newEvent, sourceKey), locked.now);
        return { outcome, submission };
      }
    }
  }

  /**
   * As {@link append}, for what nothing else is written with: resolves when it is on disk. Under load those of one unit share a
   * transaction, so prefer it. After a note the submission is returned as this process knew it.
   */
  record(newEvent: StandaloneEvent): Promise<Appended> {
    return this.shared.append(newEvent, (tx) => this.append(tx, newEvent));
  }

  /** Records what happened to a person. Once per `sourceKey`. */
  async appendAbout(tx: Transaction, newEvent: NewPersonEvent): Promise<void> {
    const { businessUnit, personId } = newEvent;
    for (const id of await this.submissions.idsOfPerson(tx, businessUnit, personId))
      this.followUps.tell(tx, { businessUnit, id });
    this.#chain(tx, this.drafts.about(newEvent, await databaseTime(tx)));
  }

  /** The person to lock until the event is written; with an explicit owner the caller has locked that person already. */
  async #held(
    tx: Transaction,
    { submission, person }: SubmissionWithPerson,
    { personal, owner, unwithdrawn }: NewEvent,
  ): Promise<PersonRow> {
    if (unwithdrawn !== true && (personal === undefined || owner !== undefined)) return person;
    return (await this.people.holdRow(tx, submission.businessUnit, submission.personId)) ?? person;
  }

  async #next(
    tx: Transaction,
    known: SubmissionWithPerson,
    newEvent: NewEvent,
    at: Date,
  ): Promise<Submission> {
    const { submission: before, person } = known;
    const draft = this.drafts.next(before, person, newEvent, at);
    if (newEvent.type === 'kyc.approved' && newEvent.owner !== undefined)
      await this.people.retain(tx, newEvent.owner);
    await this.people.keep(tx, before.businessUnit, newEvent.owner?.id ?? before.personId, draft.leads);
    await this.followUps.follow(tx, before, newEvent.followUps);
    const submission = draft.after ?? before;
    this.#chain(tx, draft, { submission, person });
    return submission;
  }

  /**
   * Sends the event on its way; the database gives it its place in the chain. Last in its transaction where possible, and not
   * waited for: from here to the commit every other append of the unit waits, so that commit should come along with it.
   */
  #chain(tx: Transaction, { event, entries, after }: Draft, made?: SubmissionWithPerson): void {
    const parameters = [
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
    ];
    tx.last<{ seq: string | null }>(APPEND, parameters, ({ seq }) => {
      // Null: the event was there already, and so is what it made of the submission.
      if (made === undefined || seq === null) return;
      const { submission, person } = made;
      this.submissions.recent.remember({
        submission: after === null ? submission : { ...submission, lastSeq: Number(seq) },
        person,
      });
    });
  }
}

/** Recorded once per different word, never applied. */
function contradictionKey({ submissionId, type, data }: NewEvent): string {
  return `contradicted:${submissionId}:${type}:${data?.reasonCode ?? ''}`;
}

function contradiction({ businessUnit, submissionId, type, data }: NewEvent, sourceKey: string): NewEvent {
  const reasonCode = data?.reasonCode ?? null;
  return {
    businessUnit,
    submissionId,
    type: 'partner.contradicted',
    sourceKey,
    data: { said: type, reasonCode },
  };
}
