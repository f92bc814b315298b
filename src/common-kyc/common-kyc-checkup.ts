import { Injectable } from '@nestjs/common';
import { BusinessUnits } from '../business-units';
import { Checkup, type Trial } from '../platform/checkup';
import { PartnerError } from '../platform/outbound';
import type { Deadline } from '../platform/time';
import { CommonKycClient } from './partner/common-kyc.client';

/** No operator has numbers that begin like this: the record of no person is asked for. */
const UNUSED_NUMBER = '6280000000000';

/** Whether Common KYC takes each unit's credentials. */
@Injectable()
class CommonKycCheckup extends Checkup {
  constructor(
    private readonly units: BusinessUnits,
    private readonly client: CommonKycClient,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    return this.units.all
      .filter(({ id }) => this.client.serves(id))
      .map(({ id }) => ({
        businessUnit: id,
        subject: 'Common KYC',
        run: (deadline) => this.#look(id, deadline),
      }));
  }

  async #look(businessUnit: string, deadline: Deadline): Promise<string> {
    try {
      await this.client.find(businessUnit, UNUSED_NUMBER, deadline);
    } catch (error) {
      // The number is refused, and not the credentials.
      if (!(error instanceof PartnerError && error.fault === 'refused')) throw error;
    }
    return 'takes the credentials';
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const COMMON_KYC_CHECKUP = [CommonKycCheckup, CommonKycClient];
