import { Injectable } from '@nestjs/common';
import { UnsealError } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import type { NewEvent, NewPersonEvent } from '../events/new-event';
import { Ledger } from '../events/ledger';
import { type Identifier, People } from '../people/people';
import type { PersonRow } from '../people/person-key';
import { AllPersonalRecords, type RecordedPerson } from './personal-records';
import { SubmissionRepository } from '../submissions/submission.repository';

/** A person who is held, with what decides how long their records are kept. */
export interface LifeRow extends PersonRow {
  readonly business_unit: string;
  /** The newest approval. */
  readonly retained_from: Date | null;
}

/** What becomes of a person who is to be forgotten. */
export interface Wish {
  /** Who wants it, as the event says it. */
  readonly by: string;
  /** Until when their data is kept and nobody may use it; null erases at once. */
  readonly until: Date | null;
}

/** Destroys a person's key, or restricts their data, everywhere at once and with an event that says so. */
@Injectable()
export class Forgetting {
  constructor(
    private readonly database: Database,
    private readonly people: People,
    private readonly submissions: SubmissionRepository,
    private readonly records: AllPersonalRecords,
    private readonly ledger: Ledger,
  ) {}

  /** People whose data is due to be destroyed, the longest due first. */
  due(now: Date, limit: number): Promise<readonly { business_unit: string; id: string }[]> {
    return this.database.query(
      'SELECT business_unit, id FROM person WHERE restricted_until <= $1 ORDER BY restricted_until LIMIT $2',
      [now, limit],
    );
  }

  /**
   * Erases or restricts a person; whatever else happens to them comes before it or finds it done.
   * @param decide sees the person as they are then; null leaves them so
   * @returns what was decided; undefined when nobody is known by the id, or not any more
   */
  async forget(
    unit: string,
    id: string,
    decide: (person: LifeRow) => Wish | null,
  ): Promise<Wish | null | undefined> {
    for (;;) {
      const done = await this.database.transaction((tx) => this.#forget(tx, unit, id, decide));
      if (done !== 'again') return done;
    }
  }

  /** Submissions are locked before their person, here as everywhere; one that came in between is locked in the next round. */
  async #forget(
    tx: Transaction,
    unit: string,
    id: string,
    decide: (person: LifeRow) => Wish | null,
  ): Promise<Wish | null | undefined | 'again'> {
    const submissions = await this.submissions.lockOfPerson(tx, unit, id);
    const [row] = await tx.query<LifeRow>(
      `SELECT business_unit, id, key_id, wrapped_key, retained_from, restricted_until FROM person
        WHERE business_unit = $1 AND id = $2 AND erased_at IS NULL FOR UPDATE`,
      [unit, id],
    );
    if (row === undefined) return undefined;
    if ((await this.submissions.countOfPerson(tx, unit, id)) !== submissions.length) return 'again';
    const wish = decide(row);
    if (wish === null) return null;
    const person = { businessUnit: unit, id, submissions, identifiers: await this.#identifiers(tx, row) };
    if (wish.until === null) await this.#erase(tx, person, wish.by);
    else await this.#restrict(tx, person, row, { by: wish.by, until: wish.until });
    return wish;
  }

  async #erase(tx: Transaction, person: RecordedPerson, by: string): Promise<void> {
    const { businessUnit, id } = person;
    await tx.query(
      `UPDATE person SET key_id = NULL, wrapped_key = NULL, restricted_until = NULL, erased_at = now(), noted_at = NULL
        WHERE business_unit = $1 AND id = $2`,
      [businessUnit, id],
    );
    await tx.query('DELETE FROM person_index WHERE business_unit = $1 AND person_id = $2', [
      businessUnit,
      id,
    ]);
    await this.#tell(tx, await this.records.forget(tx, person, 'erased'), {
      businessUnit,
      personId: id,
      type: 'person.erased',
      sourceKey: `person.erased:${id}`,
      data: { by },
    });
  }

  /** They are still found by what they are known by, so that the back office can ask again; a token does not lead to them any more. */
  async #restrict(
    tx: Transaction,
    person: RecordedPerson,
    { restricted_until: before }: LifeRow,
    { by, until }: { readonly by: string; readonly until: Date },
  ): Promise<void> {
    const { businessUnit, id } = person;
    const happened = await this.records.forget(tx, person, 'restricted');
    const isNew = before?.getTime() !== until.getTime();
    if (isNew)
      await tx.query(
        'UPDATE person SET restricted_until = $3, noted_at = NULL WHERE business_unit = $1 AND id = $2',
        [businessUnit, id, until],
      );
    await this.#tell(
      tx,
      happened,
      isNew
        ? {
            businessUnit,
            personId: id,
            type: 'person.restricted',
            sourceKey: `person.restricted:${id}:${until.getTime()}`,
            data: { by, until: until.toISOString() },
          }
        : null,
    );
  }

  /** Comes last, so that no other lock is waited for while the chain is locked. */
  async #tell(tx: Transaction, happened: readonly NewEvent[], event: NewPersonEvent | null): Promise<void> {
    for (const newEvent of happened) await this.ledger.append(tx, newEvent);
    if (event !== null) await this.ledger.appendAbout(tx, event);
  }

  async #identifiers(tx: Transaction, row: LifeRow): Promise<readonly Identifier[]> {
    try {
      return await this.people.identifiersOf(tx, row.business_unit, row, 'own');
    } catch (error) {
      // Their key does not open any more: then nothing of theirs does, and they are forgotten all the same.
      if (!(error instanceof UnsealError)) throw error;
      return [];
    }
  }
}
