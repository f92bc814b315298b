import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { UnsealError } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import { Ledger } from '../events/ledger';
import { People } from '../people/people';
import { type Identifier, PersonIndex, StoredPerson } from '../people/person.entity';
import { SubmissionRepository } from '../submissions/submission.repository';
import { AllPersonalRecords } from './personal-records';

/** What becomes of a person who is to be forgotten. */
export interface Wish {
  /** Who wants it, as the event says it. */
  readonly by: string;
  /** Until when their data is kept and nobody may use it; null erases at once. */
  readonly until: Date | null;
}

/** Sees a person who is held; null leaves them as they are. */
export type Decide = (person: StoredPerson) => Wish | null;

/** What was decided; undefined when nobody is known by the id, or not any more. */
type Decided = Wish | null | undefined;

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

  /** Erases or restricts a person; whatever else happens to them comes before it or finds it done. */
  async forget(unit: string, id: string, decide: Decide): Promise<Decided> {
    for (;;) {
      const done = await this.database.transaction((tx) => this.#forget(tx, unit, id, decide));
      if (done !== 'again') return done;
    }
  }

  /** Submissions are locked before their person, here as everywhere; one that came in between is locked in the next round. */
  async #forget(tx: Transaction, unit: string, id: string, decide: Decide): Promise<Decided | 'again'> {
    const submissions = await this.submissions.lockOfPerson(tx, unit, id);
    const row = await tx.manager.findOne(StoredPerson, {
      where: { businessUnit: unit, id, erasedAt: IsNull() },
      lock: { mode: 'pessimistic_write' },
    });
    if (row === null) return undefined;
    if ((await this.submissions.idsOfPerson(tx, unit, id)).length !== submissions.length) return 'again';
    const wish = decide(row);
    if (wish === null) return null;
    const identifiers = await this.#identifiers(tx, row);
    const isNew = wish.until === null || wish.until.getTime() !== row.restrictedUntil?.getTime();
    if (isNew) await this.#write(tx, row, wish.until);
    const status = wish.until === null ? 'erased' : 'restricted';
    const person = { businessUnit: unit, id, submissions, identifiers };
    // Events come last, so that no other lock is waited for while the chain is locked.
    for (const event of await this.records.forget(tx, person, status)) await this.ledger.append(tx, event);
    if (isNew) await this.#tell(tx, row, wish);
    return wish;
  }

  /** Who is restricted is still found by what they are known by, so that the back office can ask again, but by no token. */
  async #write(tx: Transaction, { businessUnit, id }: StoredPerson, until: Date | null): Promise<void> {
    const erased = { keyId: null, wrappedKey: null, erasedAt: () => 'now()' };
    await tx.manager.update(
      StoredPerson,
      { businessUnit, id },
      { restrictedUntil: until, notedAt: null, ...(until === null ? erased : {}) },
    );
    if (until === null) await tx.manager.delete(PersonIndex, { businessUnit, personId: id });
  }

  async #tell(tx: Transaction, { businessUnit, id }: StoredPerson, { by, until }: Wish): Promise<void> {
    const about = { businessUnit, personId: id };
    const event =
      until === null
        ? ({ ...about, type: 'person.erased', sourceKey: `person.erased:${id}`, data: { by } } as const)
        : ({
            ...about,
            type: 'person.restricted',
            sourceKey: `person.restricted:${id}:${until.getTime()}`,
            data: { by, until: until.toISOString() },
          } as const);
    await this.ledger.appendAbout(tx, event);
  }

  async #identifiers(tx: Transaction, row: StoredPerson): Promise<readonly Identifier[]> {
    try {
      return await this.people.identifiersOf(tx, row.businessUnit, row, 'own');
    } catch (error) {
      // Their key does not open any more: then nothing of theirs does, and they are forgotten all the same.
      if (!(error instanceof UnsealError)) throw error;
      return [];
    }
  }
}
