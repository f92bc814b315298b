import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database';
import { canonical } from '../events/event';
import { replayed } from '../events/projection';
import type { Submission } from '../submissions/submission.entity';
import { SubmissionRepository, submissionRow } from '../submissions/submission.repository';
import { type ChainEvent, ChainEvents } from './chain-events';

/** How the projection compares with what the events say. */
export interface RebuildReport {
  readonly agree: number;
  /** Ids of submissions whose row is missing, superfluous, or not byte for byte what their events make of them. */
  readonly differ: readonly string[];
}

/** Folds every submission anew from its events, and compares with the row that is kept; can put right what differs. */
@Injectable()
export class ProjectionRebuild {
  constructor(
    private readonly database: Database,
    private readonly events: ChainEvents,
    private readonly submissions: SubmissionRepository,
  ) {}

  /** @param write puts right what differs */
  async run(write: boolean): Promise<RebuildReport> {
    const units = await this.database.query<{ business_unit: string }>(
      ['kyc_event', 'kyc_submission', 'kyc_submission_opening']
        .map((table) => `SELECT DISTINCT business_unit FROM ${table}`)
        .join(' UNION '),
    );
    const differ: string[] = [];
    let seen = 0;
    for (const { business_unit: unit } of units)
      for await (const ids of this.#submissions(unit)) {
        seen += ids.length;
        for (const id of (await this.#compare(this.database, unit, ids)).keys())
          if (await this.#differs(unit, id, write)) differ.push(id);
      }
    return { agree: seen - differ.length, differ };
  }

  /** Ids of the unit's submissions, by events or by rows, a page at a time. */
  async *#submissions(unit: string): AsyncGenerator<readonly string[]> {
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const rows = await this.database.query<{ id: string }>(
        `(SELECT submission_id AS id FROM kyc_event WHERE business_unit = $1 AND submission_id > $2
           GROUP BY submission_id ORDER BY submission_id LIMIT 1000)
         UNION (SELECT id FROM kyc_submission WHERE business_unit = $1 AND id > $2 ORDER BY id LIMIT 1000)
         UNION (SELECT id FROM kyc_submission_opening WHERE business_unit = $1 AND id > $2 ORDER BY id LIMIT 1000)
         ORDER BY id LIMIT 1000`,
        [unit, after],
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map(({ id }) => id);
      after = last.id;
    }
  }

  /** Those that do not agree at first sight, with their events: an append may have come between reading events and row. */
  async #compare(within: Within, unit: string, ids: readonly string[]): Promise<ReadonlyMap<string, Events>> {
    const events = await this.events.ofSubmissions(within, unit, ids);
    const kept = await this.submissions.findAll(within, unit, ids);
    const alike = await openedAlike(within, unit, ids);
    const differing = ids.filter((id) => !isSame(events.get(id), kept.get(id), alike.get(id)));
    return new Map(differing.map((id) => [id, events.get(id)]));
  }

  /** Looks again with the row locked, so that no append can come between. */
  async #differs(unit: string, id: string, write: boolean): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      await this.submissions.lock(tx, unit, id);
      const differing = await this.#compare(tx, unit, [id]);
      if (write && differing.size > 0) await this.#putRight(tx, unit, id, differing.get(id));
      return differing.size > 0;
    });
  }

  async #putRight(tx: Transaction, unit: string, id: string, events: Events): Promise<void> {
    for (const table of ['kyc_submission', 'kyc_submission_opening'])
      await tx.query(`DELETE FROM ${table} WHERE business_unit = $1 AND id = $2`, [unit, id]);
    if (events === undefined) return;
    await tx.query(
      'INSERT INTO kyc_submission SELECT * FROM jsonb_populate_record(NULL::kyc_submission, $1::jsonb)',
      [rowOf(replayed(events))],
    );
  }
}

type Within = Database | Transaction;

/** Whether the opening of a submission says the same as its row; nothing where there is no opening. */
async function openedAlike(
  within: Within,
  unit: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, boolean>> {
  const rows = await within.query<{ id: string; alike: boolean }>(
    `SELECT id, s.last_seq IS NOT NULL AS alike FROM kyc_submission_opening o
       LEFT JOIN kyc_submission s USING (business_unit, id, person_id, kind, opened_by, created_at)
      WHERE business_unit = $1 AND id = ANY ($2)`,
    [unit, ids],
  );
  return new Map(rows.map(({ id, alike }) => [id, alike]));
}

type Events = readonly ChainEvent[] | undefined;

function isSame(events: Events, kept: Submission | undefined, alike: boolean | undefined): boolean {
  if (events === undefined || kept === undefined) return events === kept && alike === undefined;
  try {
    return rowOf(replayed(events)) === rowOf(kept) && alike === true;
  } catch {
    return false; // events that were changed may tell a story that cannot have been
  }
}

function rowOf(value: Submission): string {
  return canonical(submissionRow(value));
}
