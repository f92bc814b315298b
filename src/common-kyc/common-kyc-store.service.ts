import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller } from '../auth';
import { type EventData, IDENTITY, Ledger, People, type Submission, writeIdentity } from '../kyc-ledger';
import { type TransactionHook, Database } from '../platform/database';
import { PartnerError } from '../platform/outbound';
import { CommonKycClient } from './partner/common-kyc.client';
import type { ApprovedKyc } from './kyc-record';

/** Stores data that the business unit approved by itself; a job shares it with the partner. */
@Injectable()
export class CommonKycStore {
  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly people: People,
    private readonly client: CommonKycClient,
  ) {}

  /**
   * @param alongside gets the submission's id
   * @throws PartnerError `not_configured`
   */
  async accept(
    { businessUnit, credential }: BackOfficeCaller,
    kyc: ApprovedKyc,
    consent: EventData,
    alongside: TransactionHook<string>,
  ): Promise<Submission> {
    if (!this.client.serves(businessUnit)) throw new PartnerError('common-kyc', 'store', 'not_configured');
    const { phoneNumber, fullName, nik, dateOfBirth, email } = kyc;
    const submissionId = randomUUID();
    return this.database.transaction(async (tx) => {
      const person = await this.people.personOfPhone(tx, businessUnit, phoneNumber);
      await alongside(tx, submissionId);
      return this.ledger.open(tx, {
        person,
        submissionId,
        kind: 'common-kyc',
        openedBy: 'back-office',
        sourceKey: `common-kyc:${submissionId}`,
        phoneNumber,
        data: { by: credential, ...consent },
        personal: {
          [IDENTITY]: writeIdentity({ phoneNumber, fullName, nik, dateOfBirth, email, ktp: null }),
        },
      });
    });
  }
}
