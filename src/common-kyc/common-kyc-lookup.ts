import { Injectable } from '@nestjs/common';
import type { BackOfficeCaller, Context, UserCaller } from '../auth';
import { GatewayError, unprocessable } from '../platform/errors';
import { CommonKycClient } from './partner/common-kyc.client';
import type { CommonKycRecord } from './kyc-record';

/** Reads the partner's record: the back office anybody's, a person only their own token's number. */
@Injectable()
export class CommonKycLookup {
  constructor(private readonly client: CommonKycClient) {}

  /** @throws GatewayError 404 `kyc_not_found`; PartnerError */
  async of({ caller, deadline }: Context<BackOfficeCaller>, phoneNumber: string): Promise<CommonKycRecord> {
    return found(await this.client.find(caller.businessUnit, phoneNumber, deadline));
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
