import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing, seal, sha256, unseal, UnsealError } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import type { VaultReference } from '../events/event';
import { type Person, personOf, type PersonRow } from './person-key';

/** A sealed value, not kept yet. */
export interface SealedEntry {
  readonly reference: VaultReference;
  readonly sealed: Buffer;
}

/** An entry of the vault as an auditor sees it. */
export interface ExaminedEntry {
  readonly personId: string;
  readonly name: string;
  readonly sealedSha256: string;
  readonly createdAt: Date;
  readonly opens: boolean | null;
}

/** An entry's clear text, with its person held. */
export interface HeldEntry {
  readonly person: Person;
  readonly text: string;
}

/** An entry in clear. */
export interface ClearEntry {
  readonly name: string;
  readonly createdAt: Date;
  readonly text: string;
}

interface EntryRow extends PersonRow {
  readonly entry_id: string;
  readonly name: string;
  readonly sealed: Buffer;
}

const SALT_BYTES = 16;

/**
 * Personal data, one data key a person. A value is bound to unit, person, entry and name by associated data, so that a
 * ciphertext moved to another row does not open. What is sealed is `salt | clear text`: the salt makes commitments safe to publish.
 */
@Injectable()
export class PersonVault {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
  ) {}

  /**
   * The person with their data key, held: nobody erases or restricts them before the transaction ends, and it waits for a transaction that is doing so.
   * Undefined when unknown, erased, or restricted: then nothing more may be kept of them.
   */
  async hold(tx: Transaction, unit: string, id: string): Promise<Person | undefined> {
    const [row] = await tx.query<PersonRow>(
      `SELECT id, key_id, wrapped_key, restricted_until FROM person WHERE business_unit = $1 AND id = $2 FOR NO KEY UPDATE`,
      [unit, id],
    );
    return row === undefined ? undefined : this.writable(unit, row);
  }

  /** Seals `value` for the person and keeps it at once. */
  async put(tx: Transaction, person: Person, name: string, value: string): Promise<VaultReference> {
    const { reference, sealed } = this.seal(person, name, value);
    await tx.query(
      'INSERT INTO vault_entry (business_unit, id, person_id, name, sealed, created_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())',
      [person.businessUnit, reference.id, person.id, name, sealed],
    );
    return reference;
  }

  /** Seals `value` for the person; the caller stores it with the event that brought it. */
  seal(person: Person, name: string, value: string): SealedEntry {
    const id = randomUUID();
    const salt = randomBytes(SALT_BYTES);
    const sealed = seal(person.dataKey, Buffer.concat([salt, Buffer.from(value)]), place(person, id, name));
    const sealedSha256 = sha256(sealed).toString('hex');
    const reference = { id, name, sealedSha256, commitment: committed(salt, value) };
    return { reference, sealed };
  }

  /** Clear texts by entry id. Entries of erased people are left out, those of restricted ones where they are `hidden`. */
  async read(
    unit: string,
    entryIds: readonly string[],
    within: Database | Transaction = this.database,
    restricted: 'shown' | 'hidden' = 'shown',
  ): Promise<ReadonlyMap<string, string>> {
    if (entryIds.length === 0) return new Map();
    const rows = await within.query<EntryRow>(
      `SELECT v.id AS entry_id, v.name, v.sealed, p.id, p.key_id, p.wrapped_key, p.restricted_until
         FROM vault_entry v JOIN person p USING (business_unit)
        WHERE v.business_unit = $1 AND v.id = ANY ($2) AND p.id = v.person_id AND ($3 OR p.restricted_until IS NULL)`,
      [unit, entryIds, restricted === 'shown'],
    );
    const clear = new Map<string, string>();
    for (const row of rows) {
      const person = this.#open(unit, row);
      if (person === undefined) continue;
      clear.set(row.entry_id, this.#text(person, row));
    }
    return clear;
  }

  /**
   * What an event's personal data is like now; undefined where there is no such entry. `opens`: with the key of the person it
   * is kept for, to what the event committed to. Of erased people nobody can tell: null.
   */
  async examine(
    unit: string,
    references: readonly VaultReference[],
  ): Promise<ReadonlyMap<string, ExaminedEntry>> {
    const rows = await this.database.query<
      EntryRow & { readonly created_at: Date; readonly key_known: boolean }
    >(
      `SELECT v.id AS entry_id, v.name, v.sealed, v.created_at, v.person_id AS id, p.id IS NOT NULL AS key_known,
              p.key_id, p.wrapped_key, p.restricted_until
         FROM vault_entry v LEFT JOIN person p ON p.business_unit = v.business_unit AND p.id = v.person_id
        WHERE v.business_unit = $1 AND v.id = ANY ($2)`,
      [unit, references.map(({ id }) => id)],
    );
    const committed = new Map(references.map(({ id, commitment }) => [id, commitment]));
    return new Map(
      rows.map((row) => {
        const { entry_id: id, name, sealed, created_at: createdAt } = row;
        const opens = row.key_known && this.#opens(unit, row, committed.get(id));
        const sealedSha256 = sha256(sealed).toString('hex');
        return [id, { personId: row.id, name, sealedSha256, createdAt, opens }];
      }),
    );
  }

  /**
   * An entry's clear text and whose it is, held: until the transaction ends they are neither erased nor restricted, but may be restricted
   * already. Undefined when they are erased.
   */
  async readHeld(tx: Transaction, unit: string, entryId: string): Promise<HeldEntry | undefined> {
    const [row] = await tx.query<EntryRow>(
      `SELECT v.id AS entry_id, v.name, v.sealed, p.id, p.key_id, p.wrapped_key, p.restricted_until
         FROM vault_entry v JOIN person p ON p.business_unit = v.business_unit AND p.id = v.person_id
        WHERE v.business_unit = $1 AND v.id = $2 FOR KEY SHARE OF p`,
      [unit, entryId],
    );
    const person = row && this.#open(unit, row);
    return row && person && { person, text: this.#text(person, row) };
  }

  /** Everything that is kept under the person's key, oldest first. */
  async readAll(tx: Transaction, unit: string, personId: string): Promise<ClearEntry[]> {
    const rows = await tx.query<EntryRow & { readonly created_at: Date }>(
      `SELECT v.id AS entry_id, v.name, v.sealed, v.created_at, p.id, p.key_id, p.wrapped_key, p.restricted_until
         FROM vault_entry v JOIN person p ON p.business_unit = v.business_unit AND p.id = v.person_id
        WHERE v.business_unit = $1 AND v.person_id = $2 ORDER BY v.created_at, v.id`,
      [unit, personId],
    );
    return rows.flatMap((row) => {
      const person = this.#open(unit, row);
      if (person === undefined) return [];
      return [{ name: row.name, createdAt: row.created_at, text: this.#text(person, row) }];
    });
  }

  #opens(unit: string, row: EntryRow, commitment: string | undefined): boolean | null {
    try {
      const person = this.#open(unit, row);
      if (person === undefined) return null;
      const opened = unseal(person.dataKey, row.sealed, place(person, row.entry_id, row.name));
      return committed(opened.subarray(0, SALT_BYTES), opened.subarray(SALT_BYTES)) === commitment;
    } catch (error) {
      if (error instanceof UnsealError) return false;
      throw error;
    }
  }

  /** The person of a row read elsewhere; undefined when erased or restricted. */
  writable(unit: string, row: PersonRow): Person | undefined {
    return row.restricted_until === null ? this.#open(unit, row) : undefined;
  }

  #text(person: Person, row: Pick<EntryRow, 'entry_id' | 'name' | 'sealed'>): string {
    const opened = unseal(person.dataKey, row.sealed, place(person, row.entry_id, row.name));
    return opened.subarray(SALT_BYTES).toString();
  }

  #open(unit: string, row: PersonRow): Person | undefined {
    return personOf(this.keys, unit, row);
  }
}

function place(person: Person, entryId: string, name: string): string {
  return `vault_entry.sealed|v1|${person.businessUnit}|${person.id}|${entryId}|${name}`;
}

function committed(salt: Buffer, value: string | Buffer): string {
  return createHmac('sha256', salt).update(value).digest('hex');
}
