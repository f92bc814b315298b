import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import type { NewEvent } from '../events/new-event';
import type { Identifier } from '../people/person.entity';
import type { Submission } from '../submissions/submission.entity';

/** A person whose records are looked for. They are held, and so are their submissions. */
export interface RecordedPerson {
  readonly businessUnit: string;
  readonly id: string;
  /** Those that are about them, as they are before. */
  readonly submissions: readonly Submission[];
  /** By what they are known and nobody else is: numbers change hands. */
  readonly identifiers: readonly Identifier[];
}

/** All that is kept of people beside the events. */
@Injectable()
export class AllPersonalRecords {
  readonly #all: PersonalRecords[] = [];

  add(records: PersonalRecords): void {
    this.#all.push(records);
  }

  /** In the order in which the modules were added. */
  async forget(
    tx: Transaction,
    person: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly NewEvent[]> {
    const happened: NewEvent[] = [];
    for (const records of this.#all) happened.push(...(await records.forget(tx, person, wish)));
    return happened;
  }

  async copy(tx: Transaction, person: RecordedPerson): Promise<Readonly<Record<string, readonly object[]>>> {
    const copies: Record<string, readonly object[]> = {};
    for (const records of this.#all) copies[records.name] = await records.copy(tx, person);
    return copies;
  }
}

/** What a feature keeps of people in tables of its own. A feature with such a table provides one, which makes itself known. */
export abstract class PersonalRecords implements OnModuleInit {
  @Inject() private readonly all!: AllPersonalRecords;

  /** As the copy that a person is given calls them. */
  abstract readonly name: string;

  onModuleInit(): void {
    this.all.add(this);
  }

  /**
   * Deletes what leads to the person, in the transaction that erases or restricts them. Of restricted people only what has no use any more.
   * @returns what that makes of their submissions
   */
  abstract forget(
    tx: Transaction,
    person: RecordedPerson,
    wish: 'erased' | 'restricted',
  ): Promise<readonly NewEvent[]>;

  /** What is kept, as it may be handed to the person. */
  abstract copy(tx: Transaction, person: RecordedPerson): Promise<readonly object[]>;
}
