import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { BackOfficeCaller, Context, UserCaller } from '../auth';
import {
  type EventData,
  IDENTITY,
  Ledger,
  People,
  reasonFor,
  refuseRestricted,
  writeIdentity,
} from '../kyc-ledger';
import { Database, type TransactionHook } from '../platform/database';
import { GatewayError, unprocessable } from '../platform/errors';
import { type Limit, Limits } from '../platform/limits';
import type { ApprovedKyc, CommonKycRecordDto, StoreAcceptedDto } from './common-kyc.dto';
import { type CommonKycSettings, commonKycSettings } from './common-kyc.settings';
import { CommonKycClient } from './partner/common-kyc.client';

/** Records who read a shared record and why, as an event of the person the number leads to. */
@Injectable()
export class CommonKycReadings {
  constructor(
    private readonly database: Database,
    private readonly people: People,
    private readonly ledger: Ledger,
  ) {}

  /** Before the partner is asked. @throws GatewayError 409 `person_restricted` where all people of the number asked to be forgotten */
  async assertMay(unit: string, phoneNumber: string, purpose: string): Promise<void> {
    const known = await this.people.find(unit, 'phone', phoneNumber);
    const isRestricted = known.length > 0 && known.every(({ status }) => status === 'restricted');
    refuseRestricted(isRestricted, purpose);
  }

  /**
   * Before the record is shown. A person who is not known here becomes known by the number, so that the reading can be found and
   * forgotten.
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

/** Reads the partner's record: for the back office of any phone number, for a person of their own token's number only. */
@Injectable()
export class CommonKycLookup {
  readonly #limit: Limit;

  constructor(
    private readonly client: CommonKycClient,
    private readonly readings: CommonKycReadings,
    limits: Limits,
    @Inject(commonKycSettings.token) { values }: CommonKycSettings,
  ) {
    this.#limit = limits.forCallers({
      name: 'common-kyc-lookups',
      times: values.COMMON_KYC_LOOKUPS_PER_HOUR,
      seconds: 3_600,
      refusal: 'The back office looked up too many records within an hour.',
    });
  }

  /**
   * Every reading is an event, also when the person is not known here. Without a record there is no reading.
   * @throws GatewayError 404 `kyc_not_found`, 409 `person_restricted`, 429 `rate_limited`; PartnerError
   */
  async of(
    { caller, deadline }: Context<BackOfficeCaller>,
    phoneNumber: string,
    purpose: string,
  ): Promise<CommonKycRecordDto> {
    await this.readings.assertMay(caller.businessUnit, phoneNumber, purpose);
    await this.#limit.take(caller.businessUnit);
    const record = found(await this.client.find(caller.businessUnit, phoneNumber, deadline));
    await this.readings.record(caller, phoneNumber, purpose);
    return record;
  }

  /** @throws GatewayError 404 `kyc_not_found`, 422 `phone_missing`; PartnerError */
  async own({ caller, deadline }: Context<UserCaller>): Promise<CommonKycRecordDto> {
    if (caller.phoneNumber === null)
      throw unprocessable('phone_missing', 'The token names no Indonesian mobile number.');
    return found(await this.client.find(caller.businessUnit, caller.phoneNumber, deadline));
  }
}

function found(record: CommonKycRecordDto | null): CommonKycRecordDto {
  if (record === null)
    throw new GatewayError(404, 'kyc_not_found', 'Common KYC has no record of this phone number.');
  return record;
}

/** Stores data that the business unit approved by itself; a job shares it with the partner. */
@Injectable()
export class CommonKycStore {
  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly people: People,
    private readonly client: CommonKycClient,
  ) {}

  /** @throws PartnerError `not_configured` */
  async accept(
    { businessUnit, credential }: BackOfficeCaller,
    kyc: ApprovedKyc,
    consent: EventData,
    alongside: TransactionHook<StoreAcceptedDto>,
  ): Promise<StoreAcceptedDto> {
    this.client.demandAccess(businessUnit, 'store');
    const { phoneNumber, fullName, nik, dateOfBirth, email } = kyc;
    const submissionId = randomUUID();
    const accepted = { submissionId, status: 'approved' } as const;
    await this.database.transaction(async (tx) => {
      const person = await this.people.personOfPhone(tx, businessUnit, phoneNumber);
      await alongside(tx, accepted);
      await this.ledger.open(tx, {
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
    return accepted;
  }
}
