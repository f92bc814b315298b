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
  /** As errors and metrics call the API. */
  readonly partner: 'GTF COE' | 'GTF SIV';
  readonly businessUnit: string;
  readonly clientId: string;
  readonly passKey: Secret;
  readonly userIdType: string;
  readonly onboardingPartner: string;
  readonly tokenBaseUrl: string;
  readonly baseUrl: string;
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
  readonly all: GtfAccount[] = [];
  readonly callbackHeaders: CallbackHeader[] = [];
  /** Where COE's documents may be uploaded. */
  readonly uploadHosts: readonly string[];

  /** @throws ConfigurationError */
  constructor(
    units: BusinessUnits,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
    @Inject(gtfCoeSettings.token) private readonly coeSettings: GtfCoeSettings,
    @Inject(gtfSivSettings.token) private readonly sivSettings: GtfSivSettings,
  ) {
    this.uploadHosts = coeSettings.whenUsed?.GTF_UPLOAD_HOSTS ?? [];
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
    if (own === null)
      return [coe && 'GTF_COE_ONBOARDING_PARTNER', siv && 'GTF_SIV_ONBOARDING_PARTNER']
        .filter((variable) => variable !== null)
        .map((variable) => `${unitPrefix(businessUnit)}GTF_CLIENT_ID is missing (needed by ${variable})`);
    const { GTF_CLIENT_ID: clientId, GTF_PASS_KEY: passKey, GTF_USER_ID_TYPE: userIdType } = own;
    const account = { businessUnit, clientId, passKey, userIdType };
    if (coe !== null)
      this.all.push({
        ...account,
        family: 'coe',
        partner: 'GTF COE',
        onboardingPartner: coe.GTF_COE_ONBOARDING_PARTNER,
        tokenBaseUrl: coe.GTF_COE_TOKEN_BASE_URL,
        baseUrl: coe.GTF_COE_BASE_URL,
      });
    if (siv !== null)
      this.all.push({
        ...account,
        family: 'siv',
        partner: 'GTF SIV',
        onboardingPartner: siv.GTF_SIV_ONBOARDING_PARTNER,
        tokenBaseUrl: siv.GTF_ESIGN_TOKEN_BASE_URL,
        baseUrl: siv.GTF_ESIGN_BASE_URL,
      });
    return [];
  }

  /** @throws PartnerError `not_configured` */
  demand(family: Family, unit: string, operation: string): GtfAccount {
    const account = this.all.find((one) => one.family === family && one.businessUnit === unit);
    if (account === undefined) throw new PartnerError('GTF', operation, 'not_configured');
    return account;
  }

  redirectOrigins(unit: string): readonly string[] {
    return this.settings.optionalForUnit(unit).GTF_REDIRECT_ORIGINS ?? [];
  }
}

/** A callback names its unit by this header alone: two units with the same one could not be told apart. */
function sharedCallbackHeaders(headers: readonly CallbackHeader[]): string[] {
  const keyOf = ({ name, value }: CallbackHeader): string => `${name}:${value.reveal()}`;
  return headers.flatMap((header) => {
    const owner = headers.find((other) => keyOf(other) === keyOf(header));
    if (owner === undefined || owner === header) return [];
    const secretOf = (unit: string): string => `${unitPrefix(unit)}GTF_CALLBACK_SECRET`;
    return [`${secretOf(header.businessUnit)} is the same as ${secretOf(owner.businessUnit)}`];
  });
}
