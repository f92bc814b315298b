import { Injectable } from '@nestjs/common';
import { Batches, Database, type Prepared, type Transaction } from '../platform/database';
import { type Draft, Drafts, judge } from './drafts';
import { bodyDigest } from './event';
import type { Appended, LoneHappening } from './happening';
import { LedgerNews } from './ledger-news';
import type { Submission } from './projection';
import { SubmissionRepository, submissionRow, type SubmissionWithPerson } from './submission.repository';

const MOST_TOGETHER = 50;
/** One batch is prepared while the one before is written. */
const BATCHES_AT_ONCE = 2;

const APPEND_ALL: Prepared = {
  name: 'ledger-append-all',
  text: 'SELECT ledger_append_all($1, $2) AS outcomes',
};

/** What an event would make of its submission. */
interface Considered {
  readonly before: Submission;
  readonly outcome: Appended['outcome'];
  readonly draft: Draft | null;
}

/**
 * Appends that have nothing else to write. Those of one unit that arrive while others are being written share a statement, and so
 * the chain's lock and the flush to disk. Nothing is locked while an event is prepared: it is written only onto the submission
 * that was read.
 */
@Injectable()
export class SharedAppends {
  readonly #batches = new Map<string, Batches<LoneHappening, Appended | null>>();

  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly drafts: Drafts,
    private readonly news: LedgerNews,
  ) {}

  /** @param locked appends it with the submission locked: while somebody else is changing that, or where the partner contradicts itself */
  async append(happening: LoneHappening, locked: (tx: Transaction) => Promise<Appended>): Promise<Appended> {
    const appended = await this.#batchesOf(happening.businessUnit).add(happening);
    return appended ?? this.database.transaction(locked);
  }

  #batchesOf(unit: string): Batches<LoneHappening, Appended | null> {
    const known = this.#batches.get(unit);
    if (known !== undefined) return known;
    const limits = { most: MOST_TOGETHER, atOnce: BATCHES_AT_ONCE };
    const batches = new Batches((all: readonly LoneHappening[]) => this.#appendAll(unit, all), limits);
    this.#batches.set(unit, batches);
    return batches;
  }

  /** Null for what has to be appended with the submission locked. */
  async #appendAll(unit: string, all: readonly LoneHappening[]): Promise<readonly (Appended | null)[]> {
    const read = await this.#read(unit, all);
    const considered = all.map((happening) => this.#consider(happening, read.get(happening.submissionId)));
    const drafts = considered.flatMap((one) =>
      one === null || one.draft === null ? [] : [{ ...one, draft: one.draft }],
    );
    const written = await this.#write(
      unit,
      drafts.map(({ before, draft }) => parameter(draft, before.lastSeq)),
    );
    const overtaken = new Set(
      drafts.filter((_, place) => written[place] === 'overtaken').map(({ draft }) => draft),
    );
    return considered.map((one) => {
      if (one === null || one.outcome === 'contradicted') return null;
      const { before, outcome, draft } = one;
      if (draft === null) return { outcome, submission: before };
      if (overtaken.has(draft)) return null;
      this.news.tell(unit, before.id);
      return { outcome, submission: draft.after ?? before };
    });
  }

  /** Null for what cannot be prepared: it fails by itself, with the submission locked, and not together with the others. */
  #consider(happening: LoneHappening, read: SubmissionWithPerson | undefined): Considered | null {
    const before = read?.submission ?? happening.before;
    if (before === undefined) return null;
    const outcome = judge(before, happening.type);
    try {
      const draft = outcome === 'appended' ? this.drafts.next(before, read?.person, happening) : null;
      return { before, outcome, draft };
    } catch {
      return null;
    }
  }

  /** What the callers did not bring, or not all of it. */
  async #read(
    unit: string,
    all: readonly LoneHappening[],
  ): Promise<ReadonlyMap<string, SubmissionWithPerson>> {
    const unknown = all.filter((happening) => !isKnown(happening));
    if (unknown.length === 0) return new Map();
    return this.submissions.withPeople(
      unit,
      unknown.map(({ submissionId }) => submissionId),
    );
  }

  /** Each event's outcome. The statement is its own transaction, and has answered when all of it is on disk. */
  async #write(
    unit: string,
    events: readonly object[],
  ): Promise<readonly ('appended' | 'repeated' | 'overtaken')[]> {
    if (events.length === 0) return [];
    const [row] = await this.database.query<{ outcomes: readonly ('appended' | 'repeated' | 'overtaken')[] }>(
      APPEND_ALL,
      [unit, JSON.stringify(events)],
    );
    if (row?.outcomes.length !== events.length) throw new Error('as many outcomes as events');
    return row.outcomes;
  }
}

/**
 * Whether the caller's reading will do: it is written onto the state it names or not at all. Where that state forbids the event, the
 * submission may have moved on.
 */
function isKnown({ before, type, personal }: LoneHappening): boolean {
  return before !== undefined && personal === undefined && judge(before, type) === 'appended';
}

/** An event as `ledger_append_all` takes it. */
function parameter({ event, entries, after }: Draft, readSeq: number): object {
  return {
    submission_id: event.submissionId,
    person_id: event.personId,
    type: event.type,
    at: event.at,
    source_key: event.sourceKey,
    data: event.data,
    vault: event.vault,
    body_digest: bodyDigest(event).toString('base64'),
    entries: entries.map(({ reference: { id, name }, personId, sealed }) => ({
      id,
      person_id: personId,
      name,
      sealed: sealed.toString('base64'),
    })),
    ...(after === null ? {} : { read_seq: readSeq, ...submissionRow(after) }),
  };
}
