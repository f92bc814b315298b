import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../auth';
import { Ledger, People, reasonFor, refuseRestricted } from '../kyc-ledger';
import { Database } from '../platform/database';

/** Records who read a shared record and why, as an event of the person the number leads to. */
@Injectable()
export class Reading {
  constructor(
    private readonly database: Database,
    private readonly people: People,
    private readonly ledger: Ledger,
  ) {}

  /** Before the partner is asked. @throws GatewayError 409 `person_restricted` where everybody the number leads to asked to be forgotten */
  async assertMay(unit: string, phoneNumber: string, purpose: string): Promise<void> {
    const known = await this.people.find(unit, 'phone', phoneNumber);
    const isRestricted = known.length > 0 && known.every(({ restrictedUntil }) => restrictedUntil !== null);
    refuseRestricted(isRestricted, purpose);
  }

  /**
   * Before the record is shown. A stranger of whom the partner has a record becomes somebody who is known by the number, so that the
   * reading can be found and forgotten.
   * @throws GatewayError 409 `person_restricted`
   */
  async record(
    { businessUnit, credential }: BackOfficeCaller,
    phoneNumber: string,
    purpose: string,
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      const person = await this.people.holderOfPhone(tx, businessUnit, phoneNumber);
      const { data, personal } = reasonFor(person, purpose);
      await this.ledger.appendAbout(tx, {
        businessUnit,
        personId: person.id,
        type: 'common_kyc.read',
        sourceKey: `common_kyc.read:${randomUUID()}`,
        data: { by: credential, ...data },
        ...(personal === undefined ? {} : { personal: { person, data: personal } }),
      });
    });
  }
}
