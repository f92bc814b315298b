import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import { IdempotencyStore } from '../../platform/idempotency';
import type { NewEvent } from '../events/new-event';
import { PersonVault } from '../people/person-vault';
import { PersonalRecords, type RecordedPerson } from './personal-records';

/**
 * What the ledger itself keeps of people: their entries in the vault, which nobody can read without their key; and the answers that wait
 * for a repeat, which are forgotten also while their data is only restricted.
 */
@Injectable()
export class LedgerRecords extends PersonalRecords {
  readonly name = 'vault';

  constructor(
    private readonly vault: PersonVault,
    private readonly answers: IdempotencyStore,
  ) {
    super();
  }

  async forget(tx: Transaction, { businessUnit, submissions }: RecordedPerson): Promise<readonly NewEvent[]> {
    const ids = submissions.map(({ id }) => id);
    await this.answers.eraseAbout(tx, businessUnit, ids);
    return [];
  }

  async copy(tx: Transaction, { businessUnit, id }: RecordedPerson): Promise<readonly object[]> {
    const entries = await this.vault.readAll(tx, businessUnit, id);
    return entries.map(({ name, createdAt, text }) => ({ name, createdAt, value: valueOf(text) }));
  }
}

/** Entries are texts, or JSON objects as text. */
function valueOf(text: string): unknown {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
