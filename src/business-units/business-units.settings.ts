import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  ConfigurationError,
  defineSettings,
  list,
  type LoadedSettings,
  type RawEnvironment,
  readVariable,
  unitPrefix,
} from '../platform/config';
import { allowedOrigins, allowsOrigin } from './allowed-origins';
import { type BasicCredential, credentialList } from './credential-list';

const UNIT_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Whether a business unit can be called so. */
export function isUnitName(name: string): boolean {
  return UNIT_NAME.test(name);
}

const businessUnits = list('client ids such as `nanovest,siminvest`', UNIT_NAME).refine(
  (units) => new Set(units).size === units.length,
  'names a unit twice',
);

/** Who may use the gateway, and with which credentials of ours. */
export const businessUnitSettings = defineSettings({
  title: 'Business units',
  shared: { BUSINESS_UNITS: businessUnits.describe('Client ids of the business units served') },
  unitOptional: {
    DISPLAY_NAME: z
      .string()
      .optional()
      .describe('How the unit is called in messages to people; default: the client id'),
    API_CREDENTIALS: credentialList()
      .optional()
      .describe("`user:password[,user:password…]` of the unit's back office; several at once for rotation"),
    OTP_WEBHOOK_CREDENTIALS: credentialList()
      .optional()
      .describe(
        '`user:password[,user:password…]` handed to SIMAS-ID for the OTP webhook; several at once for rotation',
      ),
    AZP_ALLOWED: list()
      .optional()
      .describe('Further client ids of the unit (web, mobile) that may stand in `azp`'),
    ALLOWED_ORIGINS: allowedOrigins
      .optional()
      .describe(
        'Origins of pages that may call the API for people (CORS), such as `https://app.example.com`; `http://localhost:*` outside production',
      ),
  },
});

type BusinessUnitSettings = LoadedSettings<typeof businessUnitSettings>;

/** The units' names, needed before anything that is declared per unit can be read. */
export function readBusinessUnits(raw: RawEnvironment): readonly string[] {
  return readVariable(raw, 'BUSINESS_UNITS', businessUnits) ?? [];
}

/** One business unit that uses the gateway. `id` is its SIMAS-ID client id. */
export interface BusinessUnit {
  readonly id: string;
  readonly displayName: string;
  readonly apiCredentials: readonly BasicCredential[];
  readonly otpWebhookCredentials: readonly BasicCredential[];
  /** Client ids that may stand in a token's `azp`: the unit's own and its further apps'. */
  readonly authorizedParties: ReadonlySet<string>;
  /** Whether a page of that origin may call the API for the unit's people. */
  readonly allowsOrigin: (origin: string) => boolean;
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
        allowsOrigin: allowsOrigin(own.ALLOWED_ORIGINS ?? []),
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
