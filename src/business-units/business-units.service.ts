import { Inject, Injectable } from '@nestjs/common';
import { type BusinessUnitSettings, businessUnitSettings } from './business-unit.settings';
import type { BasicCredential } from './credential-list';

/** One business unit that uses the gateway. `id` is its SIMAS-ID client id. */
export interface BusinessUnit {
  readonly id: string;
  readonly displayName: string;
  readonly apiCredentials: readonly BasicCredential[];
  readonly otpWebhookCredentials: readonly BasicCredential[];
  /** Client ids that may stand in a token's `azp`: the unit's own and its further apps'. */
  readonly authorizedParties: ReadonlySet<string>;
}

@Injectable()
export class BusinessUnits {
  readonly all: readonly BusinessUnit[];
  readonly #byId: ReadonlyMap<string, BusinessUnit>;

  constructor(@Inject(businessUnitSettings.token) settings: BusinessUnitSettings) {
    this.all = settings.values.BUSINESS_UNITS.map((id) => {
      const own = settings.optionalForUnit(id);
      return {
        id,
        displayName: own.DISPLAY_NAME ?? id,
        apiCredentials: own.API_CREDENTIALS ?? [],
        otpWebhookCredentials: own.OTP_WEBHOOK_CREDENTIALS ?? [],
        authorizedParties: new Set([id, ...(own.AZP_ALLOWED ?? [])]),
      };
    });
    this.#byId = new Map(this.all.map((unit) => [unit.id, unit]));
  }

  find(id: string): BusinessUnit | undefined {
    return this.#byId.get(id);
  }
}
