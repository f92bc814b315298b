import { Injectable } from '@nestjs/common';
import { Database, type Prepared, type Transaction } from '../../platform/database';
import { Metrics } from '../../platform/metrics';
import type { Lead } from '../people/people';
import type { SealedEntry } from '../people/person-vault';
import { submissionRow } from '../submissions/submission.repository';
import { bodyDigest } from './event';
import type { Draft } from './event-factory';

const APPEND: Prepared = { name: 'ledger-append', text: 'SELECT ledger_append_2($1, $2) AS places' };

/** An event's `seq`; 0: it is there already; null: its submission or person is not, or not any more, what it was prepared on. */
export type Place = number | null;

/** Writes events with what they bring, by the one function that does. */
@Injectable()
export class EventAppender {
  readonly #seconds;

  constructor(
    private readonly database: Database,
    metrics: Metrics,
  ) {
    this.#seconds = metrics.histogram({
      name: 'ledger_append_seconds',
      help: 'Time to append to the ledger: one event, or those of one unit that came together',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    });
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** @param tx null: the statement is the transaction */
  async write(tx: Transaction | null, unit: string, drafts: readonly Draft[]): Promise<Place[]> {
    if (drafts.length === 0) return [];
    const parameters = [unit, JSON.stringify(drafts.map(parameter))];
    const stop = this.#seconds.startTimer();
    const [row] = await (tx ?? this.database).query<{ places: readonly (string | null)[] }>(
      APPEND,
      parameters,
    );
    stop();
    if (row?.places.length !== drafts.length) throw new Error('as many places as events');
    return row.places.map((place) => (place === null ? null : Number(place)));
  }
}

/** An event as `ledger_append_2` takes it. */
function parameter({ event, readSeq, unwithdrawn, owner, entries, leads, after }: Draft): object {
  return {
    submission_id: event.submissionId,
    person_id: event.personId,
    type: event.type,
    at: event.at,
    source_key: event.sourceKey,
    data: event.data,
    vault: event.vault,
    body_digest: bodyDigest(event).toString('base64'),
    read_seq: readSeq,
    unwithdrawn,
    owner_id: owner,
    ...(entries.length === 0 ? {} : { entries: entries.map(entryParameter) }),
    ...(leads.length === 0 ? {} : { leads: leads.map(leadParameter) }),
    ...(after === null ? {} : { submission: submissionRow(after) }),
  };
}

function entryParameter({ reference: { id, name }, sealed }: SealedEntry): object {
  return { id, name, sealed: sealed.toString('base64') };
}

function leadParameter({ kind, digest, sealed }: Lead): object {
  return { kind, digest: digest.toString('base64'), sealed: sealed.toString('base64') };
}
