import { Inject, Injectable } from '@nestjs/common';
import { BusinessUnits } from '../business-units';
import { Checkup, type Trial } from '../platform/checkup';
import { SatusehatApiClient } from './partner/satusehat-api.client';
import { type SatusehatSettings, satusehatSettings } from './satusehat.settings';

/** Whether the Ministry takes each unit's credentials. The server key shows itself only when a page is asked for. */
@Injectable()
class SatusehatCheckup extends Checkup {
  constructor(
    private readonly units: BusinessUnits,
    private readonly api: SatusehatApiClient,
    @Inject(satusehatSettings.token) private readonly settings: SatusehatSettings,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    const served = this.units.all.filter(({ id }) => this.settings.forUnit(id) !== null);
    return served.map(({ id: businessUnit }) => ({
      businessUnit,
      subject: 'SATUSEHAT',
      run: async (deadline) => {
        await this.api.token(businessUnit, deadline);
        return 'gives an access token';
      },
    }));
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const SATUSEHAT_CHECKUP = [SatusehatCheckup, SatusehatApiClient];
