import { Inject, Injectable } from '@nestjs/common';
import { ConfigurationError, unitPrefix } from '../platform/config';
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
    this.#refuseShared('API_CREDENTIALS', (unit) => unit.apiCredentials);
    this.#refuseShared('OTP_WEBHOOK_CREDENTIALS', (unit) => unit.otpWebhookCredentials);
  }

  find(id: string): BusinessUnit | undefined {
    return this.#byId.get(id);
  }

  /** A pair that two units share could not say which of them calls. */
  #refuseShared(variable: string, of: (unit: BusinessUnit) => readonly BasicCredential[]): void {
    const owners = new Map<string, string>();
    for (const unit of this.all) {
      for (const { user, password } of of(unit)) {
        const pair = `${user}:${password.reveal()}`;
        const owner = owners.get(pair) ?? unit.id;
        if (owner !== unit.id)
          throw new ConfigurationError([
            `${unitPrefix(owner)}${variable} and ${unitPrefix(unit.id)}${variable} share a user and password`,
          ]);
        owners.set(pair, owner);
      }
    }
  }
}
