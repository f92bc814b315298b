import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing, seal, sha256, unseal, UnsealError } from '../../platform/crypto';
import { Database, type Transaction } from '../../platform/database';
import type { VaultReference } from '../events/event';
import { StoredPerson, VaultEntry } from './person.entity';
import { type Person, PERSON_COLUMNS, personOf, type PersonRow } from './person-key';

/** A sealed value, not kept yet. */
export interface SealedEntry {
  readonly reference: VaultReference;
  readonly sealed: Buffer;
}

/** An entry that an event brought, and when and for whom. */
export interface BroughtEntry {
  readonly reference: VaultReference;
  readonly personId: string | null;
  readonly at: Date;
}

/** An entry's clear text, with its person held. */
export interface HeldEntry {
  readonly person: Person;
  readonly text: string;
}

export interface ClearEntry {
  readonly name: string;
  readonly createdAt: Date;
  readonly text: string;
}

type EntryRow = PersonRow & Pick<VaultEntry, 'name' | 'sealed' | 'createdAt'> & { readonly entryId: string };

const ENTRY_COLUMNS = 'v.id AS "entryId", v.name, v.sealed, v.created_at AS "createdAt"';

/** A unit's entries with their people. */
const ENTRIES = `SELECT ${ENTRY_COLUMNS}, ${PERSON_COLUMNS} FROM vault_entry v
  JOIN person p ON p.business_unit = v.business_unit AND p.id = v.person_id WHERE v.business_unit = $1`;

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
    const row = await tx.manager.findOne(StoredPerson, {
      where: { businessUnit: unit, id },
      lock: { mode: 'for_no_key_update' },
    });
    return row === null ? undefined : this.writable(unit, row);
  }

  /** Seals `value` for the person and keeps it at once. */
  async put(tx: Transaction, person: Person, name: string, value: string): Promise<VaultReference> {
    const { reference, sealed } = this.seal(person, name, value);
    const { businessUnit, id: personId } = person;
    const createdAt = (): string => 'clock_timestamp()';
    await tx.manager.insert(VaultEntry, {
      businessUnit,
      id: reference.id,
      personId,
      name,
      sealed,
      createdAt,
    });
    return reference;
  }

  /** Seals `value` for the person; the caller stores it with the event that brought it. */
  seal(person: Person, name: string, value: string): SealedEntry {
    const id = randomUUID();
    const salt = randomBytes(SALT_BYTES);
    const sealed = seal(person.dataKey, Buffer.concat([salt, Buffer.from(value)]), aad(person, id, name));
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
      `${ENTRIES} AND v.id = ANY ($2) AND ($3 OR p.restricted_until IS NULL)`,
      [unit, entryIds, restricted === 'shown'],
    );
    return new Map(
      rows.flatMap((row) => {
        const entry = this.#clear(unit, row);
        return entry === undefined ? [] : [[row.entryId, entry.text] as const];
      }),
    );
  }

  /** What is wrong with what events brought, in words, by entry. */
  async faultsOf(unit: string, brought: readonly BroughtEntry[]): Promise<ReadonlyMap<string, string>> {
    if (brought.length === 0) return new Map();
    const rows = await this.database.query<
      EntryRow & { readonly ownerId: string; readonly isKnown: boolean }
    >(
      `SELECT ${ENTRY_COLUMNS}, ${PERSON_COLUMNS}, v.person_id AS "ownerId", p.id IS NOT NULL AS "isKnown"
         FROM vault_entry v LEFT JOIN person p ON p.business_unit = v.business_unit AND p.id = v.person_id
        WHERE v.business_unit = $1 AND v.id = ANY ($2)`,
      [unit, brought.map(({ reference }) => reference.id)],
    );
    const kept = new Map(rows.map((row) => [row.entryId, row]));
    const faults = new Map<string, string>();
    for (const { reference, personId, at } of brought) {
      const row = kept.get(reference.id);
      if (row === undefined) faults.set(reference.id, 'is missing');
      else if (
        row.ownerId !== personId ||
        row.name !== reference.name ||
        row.createdAt.getTime() !== at.getTime() ||
        sha256(row.sealed).toString('hex') !== reference.sealedSha256
      )
        faults.set(reference.id, 'was changed');
      else if (!row.isKnown || !this.#holds(unit, row, reference.commitment))
        faults.set(reference.id, 'does not open for the person it is kept for');
    }
    return faults;
  }

  /**
   * An entry's clear text and whose it is, held: until the transaction ends they are neither erased nor restricted, but may be restricted
   * already. Undefined when they are erased.
   */
  async readHeld(tx: Transaction, unit: string, entryId: string): Promise<HeldEntry | undefined> {
    const [row] = await tx.query<EntryRow>(`${ENTRIES} AND v.id = $2 FOR KEY SHARE OF p`, [unit, entryId]);
    return row && this.#clear(unit, row);
  }

  /** Everything that is kept under the person's key, oldest first. */
  async readAll(tx: Transaction, unit: string, personId: string): Promise<ClearEntry[]> {
    const rows = await tx.query<EntryRow>(`${ENTRIES} AND v.person_id = $2 ORDER BY v.created_at, v.id`, [
      unit,
      personId,
    ]);
    return rows.flatMap((row) => {
      const entry = this.#clear(unit, row);
      return entry === undefined ? [] : [{ name: row.name, createdAt: row.createdAt, text: entry.text }];
    });
  }

  /** Whether the entry opens for its person, to what was committed to. Of erased people nobody can tell. */
  #holds(unit: string, row: EntryRow, commitment: string): boolean {
    try {
      const person = personOf(this.keys, unit, row);
      return person === undefined || committed(...unsealed(person, row)) === commitment;
    } catch (error) {
      if (error instanceof UnsealError) return false;
      throw error;
    }
  }

  /** The person of a row read elsewhere; undefined when erased or restricted. */
  writable(unit: string, row: PersonRow): Person | undefined {
    return row.restrictedUntil === null ? personOf(this.keys, unit, row) : undefined;
  }

  #clear(unit: string, row: EntryRow): HeldEntry | undefined {
    const person = personOf(this.keys, unit, row);
    return person && { person, text: unsealed(person, row)[1].toString() };
  }
}

/** Salt and value. */
function unsealed(person: Person, { entryId, name, sealed }: EntryRow): readonly [Buffer, Buffer] {
  const opened = unseal(person.dataKey, sealed, aad(person, entryId, name));
  return [opened.subarray(0, SALT_BYTES), opened.subarray(SALT_BYTES)];
}

function aad(person: Person, entryId: string, name: string): string {
  return `vault_entry.sealed|v1|${person.businessUnit}|${person.id}|${entryId}|${name}`;
}

function committed(salt: Buffer, value: string | Buffer): string {
  return createHmac('sha256', salt).update(value).digest('hex');
}
