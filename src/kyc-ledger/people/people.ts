import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import type { UserCaller } from '../../auth';
import { BlindIndex, KeyRing, seal, unseal } from '../../platform/crypto';
import { Database, type Prepared, type Transaction } from '../../platform/database';
import type { FoundPersonDto } from './dto/person.dto';
import type { Identity } from './identity';
import { type Identifier, type IdentifierKind, PersonIndex, StoredPerson } from './person.entity';
import { keyAad, type Person, PERSON_COLUMNS, personOf, type PersonRow } from './person-key';

/** Beyond it one page of a list would read tens of thousands of rows for a NIK that a test or an attacker uses again and again. */
const MAX_COUNTED = 101;

/** What a token says of its person. */
type KnownByToken = Pick<UserCaller, 'businessUnit' | 'subject' | 'phoneNumber' | 'emailAddresses'>;

/** What leads to a person: a keyed digest to find them by, and the value under their own key. */
export interface Lead {
  readonly kind: IdentifierKind;
  readonly digest: Buffer;
  readonly sealed: Buffer;
}

/** Who is known by what. People are found by keyed digests alone. */
@Injectable()
export class People {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly index: BlindIndex,
  ) {}

  /**
   * The person behind a token, created on first sight and held; phone number and e-mail addresses found in the token lead to them from
   * then on. Somebody of whom nothing but this number is known becomes the person who proves it.
   */
  async personOfToken(tx: Transaction, caller: KnownByToken): Promise<Person> {
    const { businessUnit: unit, subject, phoneNumber: phone, emailAddresses } = caller;
    const wanted = { kind: 'subject', value: subject } as const;
    const person = await this.#findOrMake(tx, unit, wanted, async () => {
      if (phone === null) return undefined;
      const known = await this.#find(tx, unit, { kind: 'phone', value: phone }, NOTHING_ELSE);
      if (known !== undefined) await this.remember(tx, known, [wanted]);
      return known;
    });
    const emails = emailAddresses.map((value) => ({ kind: 'email', value }) as const);
    await this.remember(tx, person, phone === null ? emails : [...emails, { kind: 'phone', value: phone }]);
    return person;
  }

  /** The person a phone number leads to, created on first sight and held. */
  personOfPhone(tx: Transaction, unit: string, phone: string): Promise<Person> {
    return this.#findOrMake(tx, unit, { kind: 'phone', value: phone });
  }

  /** The person's row, held: nobody erases or restricts them before the transaction ends. */
  async holdRow(tx: Transaction, unit: string, id: string): Promise<HeldRow | undefined> {
    const [row] = await tx.query<HeldRow>(HOLD, [unit, id]);
    return row;
  }

  /** The person of a row; undefined when erased. */
  withKey(unit: string, row: PersonRow): Person | undefined {
    return personOf(this.keys, unit, row);
  }

  /** Notes that the law wants the records of the person, who is held, kept from now on. */
  async retain(tx: Transaction, { businessUnit, id }: Person): Promise<void> {
    await tx.manager.update(StoredPerson, { businessUnit, id }, { retainedFrom: () => 'clock_timestamp()' });
  }

  /** As {@link personOfPhone}, but where everybody the number leads to is restricted, the newest of them. */
  async holderOfPhone(tx: Transaction, unit: string, phone: string): Promise<Person> {
    const [row] = await tx.query<PersonRow>(
      `SELECT ${PERSON_COLUMNS} ${LED_TO}
        ORDER BY p.restricted_until IS NULL DESC, p.created_at DESC, p.id LIMIT 1 FOR KEY SHARE OF p`,
      this.#lookup(unit, 'phone', phone),
    );
    return (row && personOf(this.keys, unit, row)) ?? this.personOfPhone(tx, unit, phone);
  }

  /** Everybody an identifier leads to, newest first; phone numbers change hands, so there may be several. */
  find(unit: string, kind: IdentifierKind, value: string): Promise<FoundPersonDto[]> {
    return this.database.query(
      `SELECT p.id, CASE WHEN p.restricted_until IS NULL THEN 'active' ELSE 'restricted' END AS status,
              p.created_at AS "createdAt", (SELECT count(*)::int FROM kyc_submission_opening o
          WHERE o.business_unit = p.business_unit AND o.person_id = p.id) AS submissions
         ${LED_TO} ORDER BY p.created_at DESC, p.id`,
      this.#lookup(unit, kind, value),
    );
  }

  /** How many people each NIK leads to, at most {@link MAX_COUNTED}; who is restricted does not count: their data is not used. */
  async countByNik(
    unit: string,
    niks: readonly string[],
    within: Database | Transaction = this.database,
  ): Promise<ReadonlyMap<string, number>> {
    if (niks.length === 0) return new Map();
    const digests = niks.map((nik) => this.#digest(unit, 'nik', nik));
    const rows = await within.query<{ people: number }>(
      `SELECT (SELECT count(*)::int FROM (
           SELECT FROM person_index i JOIN person p ON p.business_unit = i.business_unit AND p.id = i.person_id
            WHERE i.business_unit = $1 AND i.kind = 'nik' AND i.digest = d AND p.restricted_until IS NULL LIMIT ${MAX_COUNTED}
         ) counted) AS people FROM unnest($2::bytea[]) WITH ORDINALITY AS wanted (d, place) ORDER BY place`,
      [unit, digests],
    );
    return new Map(niks.map((nik, place) => [nik, rows[place]?.people ?? 0]));
  }

  async idsOf(unit: string, kind: IdentifierKind, value: string): Promise<string[]> {
    const sql = `SELECT p.id ${LED_TO}`;
    const rows = await this.database.query<{ id: string }>(sql, this.#lookup(unit, kind, value));
    return rows.map(({ id }) => id);
  }

  /** Ids of everybody who may be meant. @param whom their id, or a phone number (`628…`) */
  async idsOfWhom(unit: string, whom: string): Promise<string[]> {
    return isUUID(whom) ? [whom.toLowerCase()] : (await this.idsOf(unit, 'phone', whom)).sort();
  }

  /** Ids of the people a token's subject may see, which is one at most: who is restricted is seen by no token. */
  async idsOfToken(unit: string, subject: string): Promise<string[]> {
    const sql = `SELECT p.id ${LED_TO} AND p.restricted_until IS NULL`;
    const rows = await this.database.query<{ id: string }>(sql, this.#lookup(unit, 'subject', subject));
    return rows.map(({ id }) => id);
  }

  /** Lets identifiers lead to the person from now on, who is held: nothing may lead to anybody who was forgotten. */
  async remember(tx: Transaction, person: Person, identifiers: readonly Identifier[]): Promise<void> {
    if (identifiers.length === 0) return;
    const { businessUnit, id: personId } = person;
    const rows = identifiers.map((one) => ({ businessUnit, personId, ...this.#lead(person, one) }));
    await tx.manager.createQueryBuilder().insert().into(PersonIndex).values(rows).orIgnore().execute();
  }

  /** By what an identity lets its person be found. */
  leadsOf(person: Person, { nik, email, phoneNumber }: Identity): Lead[] {
    const found = [
      { kind: 'nik', value: nik },
      { kind: 'email', value: email },
      { kind: 'phone', value: phoneNumber },
    ] as const;
    return found.flatMap(({ kind, value }) => (value ? [this.#lead(person, { kind, value })] : []));
  }

  /** Whether there is such a person, erased or not. */
  async isKnown(unit: string, id: string): Promise<boolean> {
    const sql = 'SELECT FROM person WHERE business_unit = $1 AND id = $2';
    return (await this.database.query(sql, [unit, id])).length > 0;
  }

  /** By what a person is known, in clear. `own`: what leads to nobody else. @throws UnsealError */
  async identifiersOf(
    tx: Transaction,
    unit: string,
    row: PersonRow,
    which: 'all' | 'own',
  ): Promise<Identifier[]> {
    const person = personOf(this.keys, unit, row);
    if (person === undefined) return [];
    const rows = await tx.query<{ kind: IdentifierKind; sealed: Buffer }>(
      `SELECT kind, sealed FROM person_index i
        WHERE business_unit = $1 AND person_id = $2 AND sealed IS NOT NULL AND ($3 OR NOT EXISTS (
          SELECT FROM person_index o WHERE o.business_unit = i.business_unit AND o.kind = i.kind AND o.digest = i.digest
            AND o.person_id <> i.person_id))
        ORDER BY kind DESC`,
      [unit, person.id, which === 'all'],
    );
    return rows.map(({ kind, sealed }) => ({
      kind,
      value: unseal(person.dataKey, sealed, aad(person, kind)).toString(),
    }));
  }

  #lead(person: Person, { kind, value }: Identifier): Lead {
    const sealed = seal(person.dataKey, value, aad(person, kind));
    return { kind, digest: this.#digest(person.businessUnit, kind, value), sealed };
  }

  /** What {@link LED_TO} takes. */
  #lookup(unit: string, kind: IdentifierKind, value: string): unknown[] {
    return [unit, kind, this.#digest(unit, kind, value)];
  }

  #digest(unit: string, kind: IdentifierKind, value: string): Buffer {
    const normal = kind === 'email' ? value.toLowerCase() : value;
    return this.index.digest(`person ${kind}`, unit, normal);
  }

  async #findOrMake(
    tx: Transaction,
    unit: string,
    wanted: Identifier,
    otherwise: () => Promise<Person | undefined> = () => Promise.resolve(undefined),
  ): Promise<Person> {
    const known = await this.#find(tx, unit, wanted);
    if (known !== undefined) return known;
    // Two requests of a newcomer at once must not make two people. A person that somebody was just forgetting is looked for again, too.
    const lock = this.#digest(unit, wanted.kind, wanted.value).readBigInt64BE().toString();
    await tx.query('SELECT pg_advisory_xact_lock($1)', [lock]);
    const meanwhile = (await this.#find(tx, unit, wanted)) ?? (await otherwise());
    if (meanwhile !== undefined) return meanwhile;
    const person = await this.create(tx, unit);
    await this.remember(tx, person, [wanted]);
    return person;
  }

  async #find(
    tx: Transaction,
    unit: string,
    { kind, value }: Identifier,
    further = '',
  ): Promise<Person | undefined> {
    const [row] = await tx.query<PersonRow>(
      `SELECT ${PERSON_COLUMNS} ${LED_TO} AND p.restricted_until IS NULL ${further}
        ORDER BY p.created_at DESC, p.id LIMIT 1 FOR NO KEY UPDATE OF p`,
      this.#lookup(unit, kind, value),
    );
    return row === undefined ? undefined : personOf(this.keys, unit, row);
  }

  /** Somebody of whom nothing is known: nothing leads to them until it is remembered. */
  async create(tx: Transaction, unit: string): Promise<Person> {
    const [id, dataKey] = [randomUUID(), randomBytes(32)];
    const { keyId, sealed: wrappedKey } = this.keys.seal(dataKey, keyAad(unit, id));
    const known = { businessUnit: unit, id, keyId, wrappedKey };
    await tx.manager.insert(StoredPerson, { ...known, createdAt: () => 'clock_timestamp()' });
    return { businessUnit: unit, id, dataKey, row: { ...known, restrictedUntil: null } };
  }
}

/** A person's row with since when they are known. */
export type HeldRow = PersonRow & Pick<StoredPerson, 'createdAt'>;

const HOLD: Prepared = {
  name: 'person-hold',
  text: `SELECT ${PERSON_COLUMNS}, p.created_at AS "createdAt" FROM person p
    WHERE p.business_unit = $1 AND p.id = $2 FOR KEY SHARE`,
};

/** Everybody an identifier leads to: business unit, kind and digest. */
const LED_TO = `FROM person_index i JOIN person p ON p.business_unit = i.business_unit AND p.id = i.person_id
  WHERE i.business_unit = $1 AND i.kind = $2 AND i.digest = $3`;

/** Of such a person nothing is held but how they are called. */
const NOTHING_ELSE = `
  AND NOT EXISTS (SELECT FROM kyc_submission_opening o WHERE o.business_unit = p.business_unit AND o.person_id = p.id)
  AND NOT EXISTS (SELECT FROM person_index s WHERE s.business_unit = p.business_unit AND s.person_id = p.id AND s.kind <> 'phone')`;

function aad({ businessUnit, id }: Person, kind: IdentifierKind): string {
  return `person_index.sealed|v1|${businessUnit}|${id}|${kind}`;
}
