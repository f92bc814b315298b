import { Injectable } from '@nestjs/common';
import { databaseTime, type Transaction, WriteBatcher } from '../../platform/database';
import type { SignedEnd } from '../chain/checkpoint';
import { Trace } from '../../platform/tracing';
import { EventAppender, type Place } from './event-appender';
import { type Draft, EventFactory, judge } from './event-factory';
import { FollowUps } from './follow-ups';
import type { Appended, NewEvent, NewPersonEvent, Opening, StandaloneEvent } from './new-event';
import { People } from '../people/people';
import { hasWithdrawn } from '../people/person-key';
import type { Submission } from '../submissions/submission.entity';
import { type ReadSubmission, SubmissionRepository } from '../submissions/submission.repository';

/**
 * Events of one unit that share a transaction. The next batch waits until all who were answered may have come back, about as long as it
 * takes to answer as many: an event costs the database more than the program.
 */
const TOGETHER = { most: 50, atOnce: 1, linger: { ms: 4, share: 1 } };

/** What an event makes of its submission; nothing is written without a draft. */
interface Considered {
  readonly before: Submission;
  readonly outcome: Appended['outcome'];
  readonly draft: Draft | null;
}

/**
 * The only way KYC state changes: event, projection and follow-up jobs in one transaction. An event is the last thing that its
 * transaction writes: from there to the commit all others of the unit wait, who may hold what the transaction would still ask for.
 */
@Injectable()
export class Ledger {
  readonly #batchers = new Map<string, WriteBatcher<StandaloneEvent, Appended | null>>();

  constructor(
    private readonly appender: EventAppender,
    private readonly submissions: SubmissionRepository,
    private readonly people: People,
    private readonly events: EventFactory,
    private readonly followUps: FollowUps,
  ) {}

  async open(tx: Transaction, opening: Opening): Promise<Submission> {
    const draft = this.events.opening(opening, await databaseTime(tx));
    const submission = draft.after;
    Trace.note({ submissionId: submission.id });
    if (submission.status === 'approved') await this.people.retain(tx, opening.person);
    await this.followUps.follow(tx, undefined, submission);
    const [place = null] = await this.appender.write(tx, submission.businessUnit, [draft]);
    // Its person is held, and opens it once.
    if (place === null || place === 0) throw new Error('a submission was not opened');
    return { ...submission, lastSeq: place };
  }

  /**
   * Records what happened to a submission, if the table of transitions allows it. Once per `sourceKey`: told again, it is
   * `appended` already and nothing is written. A different final word of the partner becomes `partner.contradicted` and changes nothing.
   * Whose data it brings is held: who is forgotten at the moment is so before the event, or after it.
   */
  async append(tx: Transaction, newEvent: NewEvent): Promise<Appended> {
    const { businessUnit, submissionId } = newEvent;
    const locked = await this.submissions.lockNow(tx, businessUnit, submissionId);
    if (locked === undefined) throw new Error('an event for a submission that does not exist');
    const { personId } = locked.submission;
    const person = needsPerson(newEvent) ? await this.people.holdRow(tx, businessUnit, personId) : undefined;
    const considered = this.#consider({ ...locked, person }, newEvent);
    const { before, draft } = considered;
    if (draft === null) return settled(considered, null);
    if (newEvent.type === 'kyc.approved' && newEvent.owner !== undefined)
      await this.people.retain(tx, newEvent.owner);
    await this.followUps.follow(tx, before, draft.after ?? before);
    const [place = null] = await this.appender.write(tx, businessUnit, [draft]);
    if (place === null) throw new Error('what is locked does not change');
    return settled(considered, place);
  }

  /**
   * As {@link append}, in a transaction that it shares under load with other events of the unit; prefer it where nothing else is
   * written with the event.
   */
  async record(newEvent: StandaloneEvent): Promise<Appended> {
    const appended = await this.#batcherOf(newEvent.businessUnit).add(newEvent);
    return appended ?? this.appender.transaction((tx) => this.append(tx, newEvent));
  }

  /** Records what happened to a person, who is held. Once per `sourceKey`. */
  async appendAbout(tx: Transaction, newEvent: NewPersonEvent): Promise<void> {
    const { businessUnit, personId } = newEvent;
    const ids = await this.submissions.idsOfPerson(tx, businessUnit, personId);
    tx.afterCommit(() => [...ids, ''].forEach((id) => this.followUps.tell({ businessUnit, id })));
    const [place = null] = await this.appender.write(tx, businessUnit, [
      this.events.about(newEvent, await databaseTime(tx)),
    ]);
    if (place === null) throw new Error('who is held is neither erased nor restricted');
  }

  /** Records that the chain was signed, in the transaction that keeps the checkpoint; once for each. */
  async appendCheckpoint(tx: Transaction, checkpoint: SignedEnd): Promise<void> {
    const { businessUnit } = checkpoint;
    tx.afterCommit(() => this.followUps.tell({ businessUnit, id: '' }));
    await this.appender.write(tx, businessUnit, [this.events.checkpoint(checkpoint, await databaseTime(tx))]);
  }

  #batcherOf(unit: string): WriteBatcher<StandaloneEvent, Appended | null> {
    const known = this.#batchers.get(unit);
    if (known !== undefined) return known;
    const batcher = new WriteBatcher((all: readonly StandaloneEvent[]) => this.#share(unit, all), TOGETHER);
    this.#batchers.set(unit, batcher);
    return batcher;
  }

  /**
   * Nothing is locked before the statement, which is the transaction. Null for an event that has to be appended with its submission
   * locked: somebody else changes that, or its partner contradicts itself.
   */
  async #share(unit: string, all: readonly StandaloneEvent[]): Promise<readonly (Appended | null)[]> {
    const read = await this.submissions.readAll(unit, [...new Set(all.map((one) => one.submissionId))]);
    const considered = all.map((newEvent) => {
      const known = read.get(newEvent.submissionId);
      const one = known && this.#consider(known, newEvent);
      return one === undefined || one.outcome === 'contradicted' ? null : one;
    });
    const drafts = considered.flatMap((one) => one?.draft ?? []);
    const written = await this.appender.write(null, unit, drafts);
    const places = new Map(drafts.map((draft, index) => [draft, written[index] ?? null]));
    return considered.map((one) => {
      if (one === null || one.draft === null) return one && settled(one, null);
      const place = places.get(one.draft) ?? null;
      if (place !== null) this.followUps.tell(one.before);
      return place === null ? null : settled(one, place);
    });
  }

  #consider({ submission: before, person, now }: ReadSubmission, newEvent: NewEvent): Considered {
    if (newEvent.unwithdrawn === true && (person === undefined || hasWithdrawn(person)))
      return { before, outcome: 'withdrawn', draft: null };
    const outcome = judge(before, newEvent.type);
    switch (outcome) {
      case 'unchanged':
      case 'refused':
        return { before, outcome, draft: null };
      case 'appended':
        return { before, outcome, draft: this.events.next(before, person, newEvent, now) };
      case 'contradicted':
        return { before, outcome, draft: this.events.next(before, undefined, contradiction(newEvent), now) };
    }
  }
}

/** With an explicit owner the caller holds that person already. */
function needsPerson({ personal, owner, unwithdrawn }: NewEvent): boolean {
  return unwithdrawn === true || (personal !== undefined && owner === undefined);
}

/** What became of it. The event was there already: so is what it made of the submission. */
function settled({ before, outcome, draft }: Considered, place: Place): Appended {
  if (place === 0 && outcome === 'contradicted') return { outcome: 'unchanged', submission: before };
  const after = place === null || place === 0 ? null : (draft?.after ?? null);
  return { outcome, submission: after === null ? before : { ...after, lastSeq: place ?? 0 } };
}

/** Recorded once per different word, never applied. */
function contradiction({ businessUnit, submissionId, type, data }: NewEvent): NewEvent {
  const reasonCode = data?.reasonCode ?? null;
  return {
    businessUnit,
    submissionId,
    type: 'partner.contradicted',
    sourceKey: `contradicted:${submissionId}:${type}:${reasonCode ?? ''}`,
    data: { said: type, reasonCode },
  };
}
