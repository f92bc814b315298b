import type { KeyRing } from '../../platform/crypto';
import type { StoredPerson } from './person.entity';

/** A person as one business unit knows them, with the data key in hand. */
export interface Person {
  readonly businessUnit: string;
  readonly id: string;
  readonly dataKey: Buffer;
  /** As the database keeps them. */
  readonly row: PersonRow;
}

/** What a query must bring of `person`. */
export type PersonRow = Pick<StoredPerson, 'id' | 'keyId' | 'wrappedKey' | 'restrictedUntil'>;

/** The columns of a {@link PersonRow}; the table is called `p`. */
export const PERSON_COLUMNS =
  'p.id, p.key_id AS "keyId", p.wrapped_key AS "wrappedKey", p.restricted_until AS "restrictedUntil"';

/** The person of a row; undefined when erased. */
export function personOf(keys: KeyRing, unit: string, row: PersonRow): Person | undefined {
  if (row.keyId === null || row.wrappedKey === null) return undefined;
  const dataKey = keys.unseal(row.keyId, row.wrappedKey, keyAad(unit, row.id));
  return { businessUnit: unit, id: row.id, dataKey, row };
}

/** Whether they asked to be forgotten: erased, or restricted until they may be. */
export function hasWithdrawn({ wrappedKey, restrictedUntil }: PersonRow): boolean {
  return wrappedKey === null || restrictedUntil !== null;
}

/** What a wrapped key is bound to. */
export function keyAad(unit: string, personId: string): string {
  return `person.wrapped_key|v1|${unit}|${personId}`;
}
