import { Injectable } from '@nestjs/common';
import { WriteBatcher, Database, databaseTime, type Prepared, type Transaction } from '../platform/database';
import { type Draft, EventFactory, judge } from './event-factory';
import { bodyDigest } from './event';
import type { Appended, StandaloneEvent } from './new-event';
import { LedgerNotifier } from './ledger-notifier';
import type { Lead } from './people';
import type { SealedEntry } from './person-vault';
import type { Submission } from './projection';
import type { SubmissionWithPerson } from './recent-submissions';
import { SubmissionRepository, submissionRow } from './submission.repository';

const MAX_TOGETHER = 50;
/**
 * About as long as it takes to answer as many and to hear what they tell next. All of them, because an event costs the database more
 * than the program: the fewer batches, the better.
 */
const GATHER = { ms: 4, share: 1 };

const APPEND_ALL: Prepared = {
  name: 'ledger-append-all',
  text: 'SELECT ledger_append_all($1, $2) AS places',
};

/** What an event would make of its submission. */
interface Considered {
  readonly known: SubmissionWithPerson;
  readonly outcome: Appended['outcome'];
  readonly draft: Draft | null;
  readonly unwithdrawn: boolean;
}

/** An event's place in the chain; 0: it is there already; null: the submission is not, or not any more, what it was prepared on. */
type Place = number | null;

/**
 * Appends that have nothing else to write. Those of one unit that arrive while others are being written share a statement, and so
 * the chain's lock and the flush to disk. Nothing is locked while an event is prepared: it is written only onto the submission
 * that was remembered or read.
 */
@Injectable()
export class EventBatcher {
  readonly #batches = new Map<string, WriteBatcher<StandaloneEvent, Appended | null>>();

  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly drafts: EventFactory,
    private readonly news: LedgerNotifier,
  ) {}

  /** @param locked appends it with the submission locked: while somebody else is changing that, or where the partner contradicts itself */
  async append(newEvent: StandaloneEvent, locked: (tx: Transaction) => Promise<Appended>): Promise<Appended> {
    const appended = await this.#batchesOf(newEvent.businessUnit).add(newEvent);
    return appended ?? this.database.transaction(locked);
  }

  #batchesOf(unit: string): WriteBatcher<StandaloneEvent, Appended | null> {
    const known = this.#batches.get(unit);
    if (known !== undefined) return known;
    const limits = { most: MAX_TOGETHER, atOnce: 1, linger: GATHER };
    const batches = new WriteBatcher((all: readonly StandaloneEvent[]) => this.#appendAll(unit, all), limits);
    this.#batches.set(unit, batches);
    return batches;
  }

  /** Null for what has to be appended with the submission locked. */
  async #appendAll(unit: string, all: readonly StandaloneEvent[]): Promise<readonly (Appended | null)[]> {
    const known = await this.#known(unit, all);
    const at = await databaseTime(this.database);
    const considered = all.map((newEvent) => this.#consider(newEvent, known.get(newEvent.submissionId), at));
    const drafts = considered.flatMap((one) =>
      one === null || one.draft === null ? [] : [{ ...one, draft: one.draft }],
    );
    const written = await this.#write(
      unit,
      drafts.map(({ known, draft, unwithdrawn }) => parameter(draft, known.submission.lastSeq, unwithdrawn)),
    );
    const places = new Map(drafts.map(({ draft }, index) => [draft, written[index] ?? null]));
    return considered.map((one) => {
      if (one === null || one.outcome === 'contradicted') return null;
      const { known, outcome, draft } = one;
      if (draft === null) return { outcome, submission: known.submission };
      const submission = this.#settled(known, draft, places.get(draft) ?? null);
      return submission === null ? null : { outcome, submission };
    });
  }

  /** The submission after an event that is in the chain; null where it had to be prepared anew. */
  #settled(
    { submission: before, person }: SubmissionWithPerson,
    draft: Draft,
    place: Place,
  ): Submission | null {
    const { businessUnit, id } = before;
    if (place === null) {
      this.submissions.recent.forget(businessUnit, id);
      return null;
    }
    this.news.tell(businessUnit, id);
    if (draft.after === null) return before;
    if (place > 0)
      this.submissions.recent.remember({ submission: { ...draft.after, lastSeq: place }, person });
    return draft.after;
  }

  /** Null for what cannot be prepared: it fails by itself, with the submission locked, and not together with the others. */
  #consider(newEvent: StandaloneEvent, known: SubmissionWithPerson | undefined, at: Date): Considered | null {
    if (known === undefined) return null;
    const { submission, person } = known;
    const outcome = judge(submission, newEvent.type);
    try {
      const draft = outcome === 'appended' ? this.drafts.next(submission, person, newEvent, at) : null;
      return { known, outcome, draft, unwithdrawn: newEvent.unwithdrawn ?? false };
    } catch {
      return null;
    }
  }

  /**
   * What is remembered will do where it allows the event: the database has the last word then. Where it forbids it, the submission may
   * have moved on, and is read.
   */
  async #known(
    unit: string,
    all: readonly StandaloneEvent[],
  ): Promise<ReadonlyMap<string, SubmissionWithPerson>> {
    const known = new Map<string, SubmissionWithPerson>();
    const unknown: string[] = [];
    for (const { submissionId, type } of all) {
      const remembered = this.submissions.recent.get(unit, submissionId);
      if (remembered === undefined || judge(remembered.submission, type) !== 'appended')
        unknown.push(submissionId);
      else known.set(submissionId, remembered);
    }
    if (unknown.length === 0) return known;
    return new Map([...known, ...(await this.submissions.withPeople(unit, unknown))]);
  }

  /** Each event's place. The statement is its own transaction, and has answered when all of it is on disk. */
  async #write(unit: string, events: readonly object[]): Promise<readonly Place[]> {
    if (events.length === 0) return [];
    const parameters = [unit, JSON.stringify(events)];
    const [row] = await this.database.query<{ places: readonly (string | null)[] }>(APPEND_ALL, parameters);
    if (row?.places.length !== events.length) throw new Error('as many places as events');
    return row.places.map((place) => (place === null ? null : Number(place)));
  }
}

/** An event as `ledger_append_all` takes it; its personal data is its person's. */
function parameter({ event, entries, leads, after }: Draft, readSeq: number, unwithdrawn: boolean): object {
  return {
    submission_id: event.submissionId,
    person_id: event.personId,
    type: event.type,
    at: event.at,
    source_key: event.sourceKey,
    data: event.data,
    vault: event.vault,
    body_digest: bodyDigest(event).toString('base64'),
    ...(unwithdrawn ? { unwithdrawn } : {}),
    ...(entries.length === 0 ? {} : { entries: entries.map(entryParameter) }),
    ...(leads.length === 0 ? {} : { leads: leads.map(leadParameter) }),
    ...(after === null ? {} : { read_seq: readSeq, ...submissionRow(after) }),
  };
}

function entryParameter({ reference: { id, name }, sealed }: SealedEntry): object {
  return { id, name, sealed: sealed.toString('base64') };
}

function leadParameter({ kind, digest, sealed }: Lead): object {
  return { kind, digest: digest.toString('base64'), sealed: sealed.toString('base64') };
}
