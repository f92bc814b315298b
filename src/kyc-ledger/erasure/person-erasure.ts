import { Inject, Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../../auth';
import { Database, databaseTime } from '../../platform/database';
import { GatewayError, invalidField, notFound } from '../../platform/errors';
import type { ErasureDto } from './erasure.dto';
import { type ErasureNote, ErasureNotes } from './erasure-notes';
import { Forgetting } from './forgetting';
import { type LedgerSettings, ledgerSettings } from '../ledger.settings';
import { People } from '../people/people';
import type { StoredPerson } from '../people/person.entity';

/** What became of people who had been forgotten before a backup was restored. */
export interface Reapplied {
  readonly again: number;
  /** They were forgotten in the backup already. */
  readonly already: number;
  /** The backup does not know them. */
  readonly unknown: number;
}

const ERASED_AT_ONCE = 100;

/**
 * Erasure under UU 27/2022: the person's key is destroyed, and with it everything sealed with it. Identity records of a customer
 * must be kept for years (UU 8/2010 Art 21): their data is restricted at once and destroyed when due.
 */
@Injectable()
export class PersonErasure {
  constructor(
    private readonly forgetting: Forgetting,
    private readonly people: People,
    private readonly notes: ErasureNotes,
    private readonly database: Database,
    @Inject(ledgerSettings.token) private readonly settings: LedgerSettings,
  ) {}

  /**
   * Forgets a person.
   * @param whom their id, or a phone number that leads to nobody else
   * @param day when the business relationship ended, `YYYY-MM-DD`; null counts from now, or leaves an earlier answer as it is
   * @throws GatewayError 400 for a day to come, 404 for a stranger, 409 `ambiguous_person`
   */
  async request(caller: BackOfficeCaller, whom: string, day: string | null): Promise<ErasureDto> {
    const { businessUnit, credential: by } = caller;
    const endedOn = day === null ? null : new Date(`${day}T00:00:00+07:00`);
    const now = await databaseTime(this.database);
    if (endedOn !== null && endedOn > now)
      throw invalidField('relationshipEndedOn', 'must not be in the future');
    const id = await this.personOf(businessUnit, whom);
    const done = await this.forgetting.forget(businessUnit, id, (person) => ({
      by,
      until: this.#keepUntil(person, endedOn, now),
    }));
    if (done === undefined || done === null) throw nobody();
    await this.notes.write();
    return { status: done.until === null ? 'erased' : 'restricted', until: done.until };
  }

  /**
   * @param whom an id, or a phone number (`628…`)
   * @throws GatewayError 404 for a number that leads to nobody, 409 `ambiguous_person` for one that leads to several people
   */
  async personOf(unit: string, whom: string): Promise<string> {
    const [id, ...others] = await this.people.idsOfWhom(unit, whom);
    if (id === undefined) throw nobody();
    if (others.length > 0)
      throw new GatewayError(409, 'ambiguous_person', 'The phone number leads to several people.', {
        members: { personIds: [id, ...others] },
      });
    return id;
  }

  /** Destroys what is due. Safe to run anywhere at once. */
  async eraseDue(): Promise<void> {
    const now = await databaseTime(this.database);
    const due = await this.database.query<Pick<StoredPerson, 'businessUnit' | 'id'>>(
      `SELECT business_unit AS "businessUnit", id FROM person
        WHERE restricted_until <= $1 ORDER BY restricted_until LIMIT ${ERASED_AT_ONCE}`,
      [now],
    );
    for (const { businessUnit, id } of due) {
      await this.forgetting.forget(businessUnit, id, ({ restrictedUntil: until }) =>
        until !== null && until <= now ? { by: 'retention', until: null } : null,
      );
    }
    await this.notes.write();
  }

  /** Repeats earlier erasures after the restore of a backup that still holds those people. */
  async reapply(notes: readonly ErasureNote[]): Promise<Reapplied> {
    const counts = { again: 0, already: 0, unknown: 0 };
    for (const { businessUnit, personId, until } of notes) {
      const wish = { by: 'reapply-erasures', until: until === null ? null : new Date(until) };
      const done = await this.forgetting.forget(businessUnit, personId, ({ restrictedUntil: already }) =>
        wish.until !== null && wish.until.getTime() === already?.getTime() ? null : wish,
      );
      if (done) counts.again += 1;
      else if (done === null || (await this.people.isKnown(businessUnit, personId))) counts.already += 1;
      else counts.unknown += 1;
    }
    await this.notes.write();
    return counts;
  }

  /** Until when the law wants the records kept; null when it does not, or not any more. */
  #keepUntil(person: StoredPerson, endedOn: Date | null, now: Date): Date | null {
    if (person.retainedFrom === null) return null;
    if (person.restrictedUntil !== null && endedOn === null) return person.restrictedUntil;
    const ended = endedOn ?? now;
    const until = new Date(Math.max(ended.getTime(), person.retainedFrom.getTime()));
    until.setUTCFullYear(until.getUTCFullYear() + this.settings.values.RETENTION_YEARS);
    return until > now ? until : null;
  }
}

function nobody(): GatewayError {
  return notFound('Nobody is known by this id or phone number.');
}
