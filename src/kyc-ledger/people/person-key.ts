import type { KeyRing } from '../../platform/crypto';

/** A person as one business unit knows them, with the data key in hand. */
export interface Person {
  readonly businessUnit: string;
  readonly id: string;
  readonly dataKey: Buffer;
  /** As the database keeps them. */
  readonly row: PersonRow;
}

/** What a query must bring of `person`. */
export interface PersonRow {
  readonly id: string;
  readonly key_id: string | null;
  readonly wrapped_key: Buffer | null;
  readonly restricted_until: Date | null;
}

/** The person of a row; undefined when erased. */
export function personOf(keys: KeyRing, unit: string, row: PersonRow): Person | undefined {
  if (row.key_id === null || row.wrapped_key === null) return undefined;
  const dataKey = keys.unseal(row.key_id, row.wrapped_key, keyPlace(unit, row.id));
  return { businessUnit: unit, id: row.id, dataKey, row };
}

/** Whether they asked to be forgotten: erased, or restricted until they may be. */
export function hasWithdrawn({ wrapped_key, restricted_until }: PersonRow): boolean {
  return wrapped_key === null || restricted_until !== null;
}

/** What a wrapped key is bound to. */
export function keyPlace(unit: string, personId: string): string {
  return `person.wrapped_key|v1|${unit}|${personId}`;
}
