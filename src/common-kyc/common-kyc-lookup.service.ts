import { Inject, Injectable } from '@nestjs/common';
import type { BackOfficeCaller, Context, UserCaller } from '../auth';
import { GatewayError, unprocessable } from '../platform/errors';
import { type Limit, Limits } from '../platform/limits';
import { type CommonKycSettings, commonKycSettings } from './common-kyc.settings';
import { CommonKycClient } from './partner/common-kyc.client';
import type { CommonKycRecord } from './kyc-record';
import { Reading } from './reading.service';

/** Reads the partner's record: the back office anybody's, a person only their own token's number. */
@Injectable()
export class CommonKycLookup {
  readonly #limit: Limit;

  constructor(
    private readonly client: CommonKycClient,
    private readonly reading: Reading,
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
   * Every reading is an event, also when the number is a stranger's; where there is no record nothing was read.
   * @throws GatewayError 404 `kyc_not_found`, 409 `person_restricted`, 429 `rate_limited`; PartnerError
   */
  async of(
    { caller, deadline }: Context<BackOfficeCaller>,
    phoneNumber: string,
    purpose: string,
  ): Promise<CommonKycRecord> {
    await this.reading.assertMay(caller.businessUnit, phoneNumber, purpose);
    await this.#limit.take(caller.businessUnit);
    const record = found(await this.client.find(caller.businessUnit, phoneNumber, deadline));
    await this.reading.record(caller, phoneNumber, purpose);
    return record;
  }

  /** @throws GatewayError 404 `kyc_not_found`, 422 `phone_missing`; PartnerError */
  async own({ caller, deadline }: Context<UserCaller>): Promise<CommonKycRecord> {
    if (caller.phoneNumber === null)
      throw unprocessable('phone_missing', 'The token names no Indonesian mobile number.');
    return found(await this.client.find(caller.businessUnit, caller.phoneNumber, deadline));
  }
}

function found(record: CommonKycRecord | null): CommonKycRecord {
  if (record === null)
    throw new GatewayError(404, 'kyc_not_found', 'Common KYC has no record of this phone number.');
  return record;
}
