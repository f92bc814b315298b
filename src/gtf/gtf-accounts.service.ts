import { Inject, Injectable } from '@nestjs/common';
import { BusinessUnits } from '../business-units';
import { ConfigurationError, type Secret, unitPrefix } from '../platform/config';
import { PartnerError } from '../platform/outbound';
import type { Family } from './gtf.entity';
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
  readonly family: Family;
  readonly businessUnit: string;
  readonly clientId: string;
  readonly passKey: Secret;
  readonly userIdType: string;
  readonly onboardingPartner: string;
  readonly tokenBaseUrl: string;
  readonly baseUrl: string;
}

/** In COE documents are uploaded. */
interface CoeAccount extends GtfAccount {
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
  readonly coeAccounts: CoeAccount[] = [];
  readonly sivAccounts: GtfAccount[] = [];
  readonly callbackHeaders: CallbackHeader[] = [];

  /** @throws ConfigurationError */
  constructor(
    units: BusinessUnits,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
    @Inject(gtfCoeSettings.token) private readonly coeSettings: GtfCoeSettings,
    @Inject(gtfSivSettings.token) private readonly sivSettings: GtfSivSettings,
  ) {
    const problems = units.all.flatMap(({ id }) => this.#add(id));
    problems.push(...sharedCallbackHeaders(this.callbackHeaders));
    if (problems.length > 0) throw new ConfigurationError(problems);
  }

  /** @returns what is missing */
  #add(businessUnit: string): string[] {
    const { GTF_CALLBACK_HEADER: name, GTF_CALLBACK_SECRET: value } =
      this.settings.optionalForUnit(businessUnit);
    if (value !== undefined) this.callbackHeaders.push({ businessUnit, name, value });
    const coe = this.coeSettings.forUnit(businessUnit);
    const siv = this.sivSettings.forUnit(businessUnit);
    const own = this.settings.forUnit(businessUnit);
    if (own === null) {
      const neededBy = [
        ...(coe === null ? [] : ['GTF_COE_ONBOARDING_PARTNER']),
        ...(siv === null ? [] : ['GTF_SIV_ONBOARDING_PARTNER']),
      ];
      const missing = `${unitPrefix(businessUnit)}GTF_CLIENT_ID is missing`;
      return neededBy.map((variable) => `${missing} (needed by ${variable})`);
    }
    const account = {
      businessUnit,
      clientId: own.GTF_CLIENT_ID,
      passKey: own.GTF_PASS_KEY,
      userIdType: own.GTF_USER_ID_TYPE,
    };
    if (coe !== null)
      this.coeAccounts.push({
        ...account,
        family: 'coe',
        onboardingPartner: coe.GTF_COE_ONBOARDING_PARTNER,
        tokenBaseUrl: coe.GTF_COE_TOKEN_BASE_URL,
        baseUrl: coe.GTF_COE_BASE_URL,
        uploadHosts: coe.GTF_UPLOAD_HOSTS.map((host) => host.toLowerCase()),
      });
    if (siv !== null)
      this.sivAccounts.push({
        ...account,
        family: 'siv',
        onboardingPartner: siv.GTF_SIV_ONBOARDING_PARTNER,
        tokenBaseUrl: siv.GTF_ESIGN_TOKEN_BASE_URL,
        baseUrl: siv.GTF_ESIGN_BASE_URL,
      });
    return [];
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
