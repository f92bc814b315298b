import { Inject, Injectable } from '@nestjs/common';
import { BusinessUnits } from '../business-units';
import { Checkup, type Trial } from '../platform/checkup';
import type { Deadline } from '../platform/time';
import { AccessTokens } from './partner/access-tokens';
import { SatusehatHttpClient } from './partner/satusehat-http.client';
import { type SatusehatAccount, type SatusehatSettings, satusehatSettings } from './satusehat.settings';

/** Whether the Ministry takes each unit's credentials. The server key shows itself only when a page is asked for. */
@Injectable()
class SatusehatCheckup extends Checkup {
  constructor(
    private readonly units: BusinessUnits,
    private readonly tokens: AccessTokens,
    @Inject(satusehatSettings.token) private readonly settings: SatusehatSettings,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    return this.units.all.flatMap(({ id: businessUnit }) => {
      const account = this.settings.forUnit(businessUnit);
      if (account === null) return [];
      const run = (deadline: Deadline): Promise<string> => this.#token(businessUnit, account, deadline);
      return [{ businessUnit, subject: 'SATUSEHAT', run }];
    });
  }

  async #token(businessUnit: string, account: SatusehatAccount, deadline: Deadline): Promise<string> {
    await this.tokens.of(businessUnit, account, deadline);
    return 'gives an access token';
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const SATUSEHAT_CHECKUP = [SatusehatCheckup, SatusehatHttpClient, AccessTokens];
