import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { BlindIndex, KeyRing, seal, sha256, unseal, UnsealError } from '../platform/crypto';
import { Database, type Transaction } from '../platform/database';
import { Clock } from '../platform/time';
import type { VaultReference } from './event';

/** A person as one business unit knows them, with the data key in hand. */
export interface Person {
  readonly businessUnit: string;
  readonly id: string;
  readonly dataKey: Buffer;
  /** As the database keeps them. */
  readonly row: PersonRow;
}

/** A sealed value, not kept yet. */
export interface SealedEntry {
  readonly reference: VaultReference;
  readonly personId: string;
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

/** By what a person is known: the token's subject, a phone number (`628…`), a NIK. */
export type IdentifierKind = 'subject' | 'phone' | 'nik';

/** What a query must bring of `person`. */
export interface PersonRow {
  readonly id: string;
  readonly key_id: string | null;
  readonly wrapped_key: Buffer | null;
  readonly restricted_until: Date | null;
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
    private readonly index: BlindIndex,
    private readonly clock: Clock,
  ) {}

  /** The person behind a token, created on first sight and held; the phone number found in the token leads to them from then on. */
  async personOfSubject(
    tx: Transaction,
    unit: string,
    subject: string,
    phone: string | null,
  ): Promise<Person> {
    const person = await this.#findOrCreate(tx, unit, 'subject', subject);
    if (phone !== null) await this.remember(tx, person, 'phone', phone);
    return person;
  }

  /** The person a phone number leads to, created on first sight and held. */
  personOfPhone(tx: Transaction, unit: string, phone: string): Promise<Person> {
    return this.#findOrCreate(tx, unit, 'phone', phone);
  }

  /** The person with their data key; undefined when unknown, erased, or restricted: then nothing more may be kept of them. */
  async person(within: Database | Transaction, unit: string, id: string): Promise<Person | undefined> {
    const [row] = await within.query<PersonRow>(
      'SELECT id, key_id, wrapped_key, restricted_until FROM person WHERE business_unit = $1 AND id = $2',
      [unit, id],
    );
    return row === undefined ? undefined : this.writable(unit, row);
  }

  /** As {@link person}, held: nobody erases or restricts them before the transaction ends. Waits for whoever is about to. */
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
      'INSERT INTO vault_entry (business_unit, id, person_id, name, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [person.businessUnit, reference.id, person.id, name, sealed, this.clock.date()],
    );
    return reference;
  }

  /** Seals `value` for the person; whoever asks keeps it, together with the event that brought it. */
  seal(person: Person, name: string, value: string): SealedEntry {
    const id = randomUUID();
    const salt = randomBytes(SALT_BYTES);
    const sealed = seal(person.dataKey, Buffer.concat([salt, Buffer.from(value)]), place(person, id, name));
    const sealedSha256 = sha256(sealed).toString('hex');
    const reference = { id, name, sealedSha256, commitment: committed(salt, value) };
    return { reference, personId: person.id, sealed };
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
      const opened = unseal(person.dataKey, row.sealed, place(person, row.entry_id, row.name));
      clear.set(row.entry_id, opened.subarray(SALT_BYTES).toString());
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

  /** Whose entry it is, and its clear text; undefined when the person was erased or restricted. For use, not for the archive. */
  async readUsable(
    within: Database | Transaction,
    unit: string,
    entryId: string,
  ): Promise<{ readonly person: Person; readonly text: string } | undefined> {
    const [row] = await within.query<{ person_id: string }>(
      'SELECT person_id FROM vault_entry WHERE business_unit = $1 AND id = $2',
      [unit, entryId],
    );
    const person = row === undefined ? undefined : await this.person(within, unit, row.person_id);
    const text = person && (await this.read(unit, [entryId], within)).get(entryId);
    return person === undefined || text === undefined ? undefined : { person, text };
  }

  /** Notes that the law wants the records of the person, who is held, kept from now on. */
  async retain(tx: Transaction, person: Person): Promise<void> {
    await tx.query('UPDATE person SET retained_from = $3 WHERE business_unit = $1 AND id = $2', [
      person.businessUnit,
      person.id,
      this.clock.date(),
    ]);
  }

  /** Ids of everybody an identifier leads to; phone numbers change hands, so there may be several. */
  async idsOf(unit: string, kind: IdentifierKind, value: string): Promise<string[]> {
    const rows = await this.database.query<{ person_id: string }>(
      'SELECT person_id FROM person_index WHERE business_unit = $1 AND kind = $2 AND digest = $3',
      [unit, kind, this.#digest(unit, kind, value)],
    );
    return rows.map((row) => row.person_id);
  }

  /** Lets `kind` and `value` lead to the person from now on, who is held: nothing may lead to anybody who was forgotten. */
  async remember(tx: Transaction, person: Person, kind: IdentifierKind, value: string): Promise<void> {
    await tx.query(
      `INSERT INTO person_index (business_unit, kind, digest, person_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
      [person.businessUnit, kind, this.#digest(person.businessUnit, kind, value), person.id],
    );
  }

  #digest(unit: string, kind: IdentifierKind, value: string): Buffer {
    return this.index.digest(`person ${kind}`, unit, value);
  }

  async #findOrCreate(
    tx: Transaction,
    unit: string,
    kind: 'subject' | 'phone',
    value: string,
  ): Promise<Person> {
    const known = await this.#find(tx, unit, kind, value);
    if (known !== undefined) return known;
    // Two requests of a newcomer at once must not make two people. A person that somebody was just forgetting is looked for again, too.
    const lock = this.#digest(unit, kind, value).readBigInt64BE().toString();
    await tx.query('SELECT pg_advisory_xact_lock($1)', [lock]);
    const meanwhile = await this.#find(tx, unit, kind, value);
    if (meanwhile !== undefined) return meanwhile;
    const person = await this.create(tx, unit);
    await this.remember(tx, person, kind, value);
    return person;
  }

  async #find(
    tx: Transaction,
    unit: string,
    kind: IdentifierKind,
    value: string,
  ): Promise<Person | undefined> {
    const [row] = await tx.query<PersonRow>(
      `SELECT p.id, p.key_id, p.wrapped_key, p.restricted_until FROM person_index i
         JOIN person p ON p.business_unit = i.business_unit AND p.id = i.person_id
        WHERE i.business_unit = $1 AND i.kind = $2 AND i.digest = $3 AND p.restricted_until IS NULL
        ORDER BY p.created_at DESC, p.id LIMIT 1 FOR NO KEY UPDATE OF p`,
      [unit, kind, this.#digest(unit, kind, value)],
    );
    return row === undefined ? undefined : this.#open(unit, row);
  }

  /** Somebody of whom nothing is known: nothing leads to them until it is remembered. */
  async create(tx: Transaction, unit: string): Promise<Person> {
    const [id, dataKey] = [randomUUID(), randomBytes(32)];
    const { keyId: key_id, sealed: wrapped_key } = this.keys.seal(dataKey, keyPlace(unit, id));
    await tx.query(
      'INSERT INTO person (business_unit, id, key_id, wrapped_key, created_at) VALUES ($1, $2, $3, $4, $5)',
      [unit, id, key_id, wrapped_key, this.clock.date()],
    );
    return { businessUnit: unit, id, dataKey, row: { id, key_id, wrapped_key, restricted_until: null } };
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

  #open(unit: string, row: PersonRow): Person | undefined {
    if (row.key_id === null || row.wrapped_key === null) return undefined;
    const dataKey = this.keys.unseal(row.key_id, row.wrapped_key, keyPlace(unit, row.id));
    return { businessUnit: unit, id: row.id, dataKey, row };
  }
}

function place(person: Person, entryId: string, name: string): string {
  return `vault_entry.sealed|v1|${person.businessUnit}|${person.id}|${entryId}|${name}`;
}

function committed(salt: Buffer, value: string | Buffer): string {
  return createHmac('sha256', salt).update(value).digest('hex');
}

/** What a wrapped key is bound to. */
export function keyPlace(unit: string, personId: string): string {
  return `person.wrapped_key|v1|${unit}|${personId}`;
}
