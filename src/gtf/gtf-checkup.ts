import { Inject, Injectable } from '@nestjs/common';
import { Checkup, type HandOver, type Trial } from '../platform/checkup';
import { type PlatformSettings, platformSettings, publicUrl } from '../platform/config';
import { GtfAccounts } from './gtf-accounts.service';
import { GtfApiClient } from './partner/gtf-api.client';

/** Whether GTF takes each unit's credentials, in each family of its API that the unit uses. */
@Injectable()
class GtfCheckup extends Checkup {
  constructor(
    private readonly accounts: GtfAccounts,
    private readonly api: GtfApiClient,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    return this.accounts.all.map((account) => ({
      businessUnit: account.businessUnit,
      subject: account.family === 'coe' ? 'GTF e-KYC (COE)' : 'GTF identity (SIV)',
      run: async (deadline) => {
        await this.api.partnerToken(account, deadline);
        return 'gives a partner token';
      },
    }));
  }

  override handOvers(): readonly HandOver[] {
    return this.accounts.callbackHeaders.map(({ businessUnit, name }) => ({
      partner: 'GTF',
      businessUnit,
      facts: {
        Callback: `POST ${publicUrl(this.platform)}/coe/submissions-callback`,
        'Callback header': `${name}, with the value of GTF_CALLBACK_SECRET`,
      },
    }));
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const GTF_CHECKUP = [GtfCheckup, GtfAccounts, GtfApiClient];
