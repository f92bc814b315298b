import { Inject, Injectable } from '@nestjs/common';
import { BusinessUnits } from '../business-units';
import { ConfigurationError, type Secret, unitPrefix } from '../platform/config';
import { PartnerError } from '../platform/outbound';
import {
  type GtfCoeSettings,
  gtfCoeSettings,
  type GtfSettings,
  gtfSettings,
  type GtfSivSettings,
  gtfSivSettings,
} from './gtf.settings';

/** A business unit's account in one family of GTF's API. */
export interface GtfAccount {
  readonly businessUnit: string;
  readonly clientId: string;
  readonly passKey: Secret;
  readonly userIdType: string;
  readonly onboardingPartner: string;
  readonly tokenBaseUrl: string;
  readonly baseUrl: string;
}

export interface CoeAccount extends GtfAccount {
  readonly uploadHosts: readonly string[];
}

/** The header a unit registered with GTF for its callbacks; the name in lower case. */
export interface CallbackHeader {
  readonly businessUnit: string;
  readonly name: string;
  readonly value: Secret;
}

/** Which unit may use which family, and with what. A unit may have COE, SIV, both or neither. */
@Injectable()
export class GtfAccounts {
  readonly coeAccounts: readonly CoeAccount[];
  readonly sivAccounts: readonly GtfAccount[];
  readonly callbackHeaders: readonly CallbackHeader[];

  /** @throws ConfigurationError */
  constructor(
    units: BusinessUnits,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
    @Inject(gtfCoeSettings.token) coe: GtfCoeSettings,
    @Inject(gtfSivSettings.token) siv: GtfSivSettings,
  ) {
    const problems: string[] = [];
    const shared = (
      unit: string,
      family: string,
    ): Omit<GtfAccount, 'onboardingPartner' | 'tokenBaseUrl' | 'baseUrl'>[] => {
      const own = settings.forUnit(unit);
      if (own === null) {
        problems.push(`${unitPrefix(unit)}GTF_CLIENT_ID is missing (needed by ${family})`);
        return [];
      }
      return [
        {
          businessUnit: unit,
          clientId: own.GTF_CLIENT_ID,
          passKey: own.GTF_PASS_KEY,
          userIdType: own.GTF_USER_ID_TYPE,
        },
      ];
    };
    this.coeAccounts = units.all.flatMap(({ id }) => {
      const own = coe.forUnit(id);
      if (own === null) return [];
      return shared(id, 'GTF_COE_ONBOARDING_PARTNER').map((account) => ({
        ...account,
        onboardingPartner: own.GTF_COE_ONBOARDING_PARTNER,
        tokenBaseUrl: own.GTF_COE_TOKEN_BASE_URL,
        baseUrl: own.GTF_COE_BASE_URL,
        uploadHosts: own.GTF_UPLOAD_HOSTS.map((host) => host.toLowerCase()),
      }));
    });
    this.sivAccounts = units.all.flatMap(({ id }) => {
      const own = siv.forUnit(id);
      if (own === null) return [];
      return shared(id, 'GTF_SIV_ONBOARDING_PARTNER').map((account) => ({
        ...account,
        onboardingPartner: own.GTF_SIV_ONBOARDING_PARTNER,
        tokenBaseUrl: own.GTF_ESIGN_TOKEN_BASE_URL,
        baseUrl: own.GTF_ESIGN_BASE_URL,
      }));
    });
    this.callbackHeaders = units.all.flatMap(({ id }) => {
      const { GTF_CALLBACK_HEADER: name, GTF_CALLBACK_SECRET: value } = settings.optionalForUnit(id);
      return value === undefined ? [] : [{ businessUnit: id, name, value }];
    });
    problems.push(...sharedCallbackHeaders(this.callbackHeaders));
    if (problems.length > 0) throw new ConfigurationError(problems);
  }

  /** @throws PartnerError `not_configured` */
  coe(unit: string, operation: string): CoeAccount {
    return demand(this.coeAccounts, unit, operation);
  }

  /** @throws PartnerError `not_configured` */
  siv(unit: string, operation: string): GtfAccount {
    return demand(this.sivAccounts, unit, operation);
  }

  redirectOrigins(unit: string): readonly string[] {
    return this.settings.optionalForUnit(unit).GTF_REDIRECT_ORIGINS ?? [];
  }
}

function demand<A extends GtfAccount>(accounts: readonly A[], unit: string, operation: string): A {
  const account = accounts.find(({ businessUnit }) => businessUnit === unit);
  if (account === undefined) throw new PartnerError('GTF', operation, 'not_configured');
  return account;
}

/** A callback names its unit by this header alone: two units with the same one could not be told apart. */
function sharedCallbackHeaders(headers: readonly CallbackHeader[]): string[] {
  const owners = new Map<string, string>();
  return headers.flatMap(({ businessUnit, name, value }) => {
    const key = `${name}:${value.reveal()}`;
    const owner = owners.get(key);
    owners.set(key, owner ?? businessUnit);
    return owner === undefined
      ? []
      : [
          `${unitPrefix(businessUnit)}GTF_CALLBACK_SECRET is the same as ${unitPrefix(owner)}GTF_CALLBACK_SECRET`,
        ];
  });
}
