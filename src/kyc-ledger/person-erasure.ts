import { Inject, Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../auth';
import { Database, type Transaction } from '../platform/database';
import { invalidField, notFound } from '../platform/errors';
import { Clock } from '../platform/time';
import type { PersonHappening } from './happening';
import { Ledger } from './ledger';
import { type LedgerSettings, ledgerSettings } from './ledger.settings';
import { PersonVault } from './person-vault';

/** What became of a wish to be forgotten. `until`: when restricted data is destroyed. */
export interface Erasure {
  readonly status: 'erased' | 'restricted';
  readonly until: Date | null;
}

interface LifeRow {
  readonly business_unit: string;
  readonly id: string;
  readonly retained_from: Date | null;
  readonly restricted_until: Date | null;
}

type Forget = (tx: Transaction, businessUnit: string, personId: string) => Promise<void>;
type ForgetPhone = (tx: Transaction, businessUnit: string, phone: string) => Promise<void>;

const LIFE = 'business_unit, id, retained_from, restricted_until';
const ERASED_AT_ONCE = 100;

/**
 * Erasure under UU 27/2022: the person's key is destroyed, and with it everything sealed with it. Identity records of a customer
 * must be kept for years (UU 8/2010 Art 21): their data is restricted at once and destroyed when due.
 */
@Injectable()
export class PersonErasure {
  readonly #forget: Forget[] = [];
  readonly #forgetPhone: ForgetPhone[] = [];
  readonly #hide: Forget[] = [];

  constructor(
    private readonly database: Database,
    private readonly vault: PersonVault,
    private readonly ledger: Ledger,
    private readonly clock: Clock,
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
  ) {}

  /** A module deletes from its own tables what leads to an erased person, in the erasing transaction. */
  alsoForget(forget: Forget): void {
    this.#forget.push(forget);
  }

  /**
   * A module deletes what it keeps by phone number (`628…`) and need not keep by law: as soon as anybody known by it asks to be forgotten,
   * also where their records are only restricted.
   */
  alsoForgetPhone(forget: ForgetPhone): void {
    this.#forgetPhone.push(forget);
  }

  /** A module withholds what it would still show of a restricted person, in the restricting transaction. */
  alsoHide(hide: Forget): void {
    this.#hide.push(hide);
  }

  /**
   * Forgets everybody the phone number leads to.
   * @param day when the business relationship ended, `YYYY-MM-DD`; null counts from now, or leaves an earlier answer as it is
   * @throws GatewayError 400 for a day to come, 404 for a stranger
   */
  async request(caller: BackOfficeCaller, phone: string, day: string | null): Promise<Erasure> {
    const { businessUnit, credential: by } = caller;
    const endedOn = day === null ? null : new Date(`${day}T00:00:00+07:00`);
    if (endedOn !== null && endedOn > this.clock.date())
      throw invalidField('relationshipEndedOn', 'must not be in the future');
    const ids = await this.vault.idsOf(businessUnit, 'phone', phone);
    return this.database.transaction(async (tx) => {
      const people = await tx.query<LifeRow>(
        `SELECT ${LIFE} FROM person WHERE business_unit = $1 AND id = ANY ($2) AND erased_at IS NULL ORDER BY id FOR UPDATE`,
        [businessUnit, ids],
      );
      if (people.length === 0) throw notFound('Nobody is known by this phone number.');
      let latest: Date | null = null;
      const happened: PersonHappening[] = [];
      for (const person of people) {
        const until = this.#keepUntil(person, endedOn);
        if (until === null) happened.push(await this.#erase(tx, person, { by }));
        else happened.push(...(await this.#restrict(tx, person, until, by)));
        if (until !== null && (latest === null || until > latest)) latest = until;
      }
      for (const forget of this.#forgetPhone) await forget(tx, businessUnit, phone);
      this.#tell(tx, happened);
      return { status: latest === null ? 'erased' : 'restricted', until: latest };
    });
  }

  /** Destroys what is due; returns how many people were forgotten. Safe to run anywhere at once. */
  async eraseDue(): Promise<number> {
    return this.database.transaction(async (tx) => {
      const due = await tx.query<LifeRow>(
        `SELECT ${LIFE} FROM person WHERE restricted_until <= $1 ORDER BY restricted_until LIMIT $2 FOR UPDATE SKIP LOCKED`,
        [this.clock.date(), ERASED_AT_ONCE],
      );
      // Chains are locked in one order everywhere: two that destroy at once must not wait for each other.
      due.sort((one, other) => one.business_unit.localeCompare(other.business_unit));
      const happened: PersonHappening[] = [];
      for (const person of due) happened.push(await this.#erase(tx, person, { by: 'retention' }));
      this.#tell(tx, happened);
      return due.length;
    });
  }

  /** Until when the law wants the records kept; null when it does not, or not any more. */
  #keepUntil(person: LifeRow, endedOn: Date | null): Date | null {
    if (person.retained_from === null) return null;
    if (person.restricted_until !== null && endedOn === null) return person.restricted_until;
    const ended = endedOn ?? this.clock.date();
    const until = new Date(Math.max(ended.getTime(), person.retained_from.getTime()));
    until.setUTCFullYear(until.getUTCFullYear() + this.settings.values.RETENTION_YEARS);
    return until > this.clock.date() ? until : null;
  }

  async #erase(
    tx: Transaction,
    { business_unit, id }: LifeRow,
    data: { readonly by: string },
  ): Promise<PersonHappening> {
    await tx.query(
      `UPDATE person SET key_id = NULL, wrapped_key = NULL, restricted_until = NULL, erased_at = $3
        WHERE business_unit = $1 AND id = $2`,
      [business_unit, id, this.clock.date()],
    );
    await tx.query('DELETE FROM person_index WHERE business_unit = $1 AND person_id = $2', [
      business_unit,
      id,
    ]);
    for (const forget of this.#forget) await forget(tx, business_unit, id);
    return {
      businessUnit: business_unit,
      personId: id,
      type: 'person.erased',
      sourceKey: `person.erased:${id}`,
      data,
    };
  }

  /** The phone number still leads to them, so that the back office can ask again; the person's own token does not. */
  async #restrict(tx: Transaction, person: LifeRow, until: Date, by: string): Promise<PersonHappening[]> {
    if (person.restricted_until?.getTime() === until.getTime()) return [];
    const { business_unit, id } = person;
    await tx.query('UPDATE person SET restricted_until = $3 WHERE business_unit = $1 AND id = $2', [
      business_unit,
      id,
      until,
    ]);
    await tx.query(
      `DELETE FROM person_index WHERE business_unit = $1 AND person_id = $2 AND kind <> 'phone'`,
      [business_unit, id],
    );
    for (const hide of this.#hide) await hide(tx, business_unit, id);
    return [
      {
        businessUnit: business_unit,
        personId: id,
        type: 'person.restricted',
        sourceKey: `person.restricted:${id}:${until.getTime()}`,
        data: { by, until: until.toISOString() },
      },
    ];
  }

  /** Last: whoever has the chain waits for nothing else. */
  #tell(tx: Transaction, happened: readonly PersonHappening[]): void {
    for (const happening of happened) this.ledger.appendAbout(tx, happening);
  }
}
