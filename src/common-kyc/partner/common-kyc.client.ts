import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import {
  hostOf,
  isForeignPage,
  type PartnerHttpClient,
  PartnerHttpClients,
  PartnerError,
  type PartnerResponse,
  retryAfterSeconds,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { ApprovedKyc, CommonKycRecordDto } from '../common-kyc.dto';
import { type CommonKycAccess, type CommonKycSettings, commonKycSettings } from '../common-kyc.settings';
import { isEmptyOrJson, isRefusal, readFound, requestIdIn, storeBody } from './common-kyc.wire';

const PARTNER = 'common-kyc';
/** About credentials, the connection or what is in between (RFC 9110 §15.5, RFC 8470 §5.2). */
const NOT_ABOUT_THE_DATA: ReadonlySet<number> = new Set([401, 403, 407, 408, 421, 425]);
type Operation = 'store' | 'find';

/** Common KYC over HTTP (partner page "Common KYC"). Success is the HTTP status alone: `meta.status` is spelled "sucess". */
@Injectable()
export class CommonKycClient {
  readonly #http: PartnerHttpClient;

  constructor(
    @Inject(commonKycSettings.token) private readonly settings: CommonKycSettings,
    @Inject(platformSettings.token) { values: { PARTNER_TIMEOUT_MS } }: PlatformSettings,
    httpClients: PartnerHttpClients,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {
    this.#http = httpClients.create({
      partner: PARTNER,
      check: PARTNER,
      hosts: settings.whenUsed === null ? [] : [hostOf(settings.whenUsed.COMMON_KYC_BASE_URL)],
      timeoutMs: PARTNER_TIMEOUT_MS,
    });
  }

  /** Whether the unit has credentials. */
  serves(unit: string): boolean {
    return this.settings.forUnit(unit) !== null;
  }

  /** @throws PartnerError `not_configured` for a unit without credentials */
  demandAccess(unit: string, operation: Operation): CommonKycAccess {
    const access = this.settings.forUnit(unit);
    if (access === null) throw new PartnerError(PARTNER, operation, 'not_configured');
    return access;
  }

  /**
   * Stores approved data; the partner overwrites what it had for the phone number, so a repeat does no harm.
   * @returns the partner's id of the request, null when it gave none
   * @throws PartnerError; `refused` is final, everything else may work later
   */
  async store(unit: string, kyc: ApprovedKyc): Promise<string | null> {
    const access = this.demandAccess(unit, 'store');
    const answer = await this.#http.send({
      operation: 'store',
      origin: { businessUnit: unit },
      method: 'POST',
      url: `${access.COMMON_KYC_BASE_URL}/v1/common-kyc`,
      headers: { authorization: basic(access), 'content-type': 'application/json' },
      body: storeBody(access.COMMON_KYC_CLIENT_ID, kyc, this.settings.values.COMMON_KYC_DATE_FORMAT),
    });
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(unit, 'store', answer);
    if (!isEmptyOrJson(answer.body)) throw this.#error('store', answer);
    return requestIdIn(answer.body);
  }

  /**
   * The record of a phone number (`628…`); null when the partner has none.
   * @throws PartnerError
   */
  async find(unit: string, phoneNumber: string, deadline: Deadline): Promise<CommonKycRecordDto | null> {
    const access = this.demandAccess(unit, 'find');
    const answer = await this.#http.send({
      operation: 'find',
      origin: { businessUnit: unit, person: phoneNumber },
      method: 'GET',
      url: `${access.COMMON_KYC_BASE_URL}/v1/common-kyc?phone_number=${phoneNumber}`,
      headers: { authorization: basic(access) },
      deadline,
      repeatable: true,
    });
    if (answer.status === 404 && isRefusal(answer.body)) return null;
    if (answer.status !== 200) throw this.#refusal(unit, 'find', answer);
    const found = readFound(answer.body, phoneNumber, this.settings.values.COMMON_KYC_DATE_FORMAT);
    if (found === 'foreign') {
      const message = 'common-kyc answered with another phone number’s record';
      this.log.alarm('common_kyc_foreign_record', message, { businessUnit: unit });
    }
    if (found === 'foreign' || found === 'unusable') throw this.#error('find', answer);
    return found;
  }

  #refusal(unit: string, operation: Operation, answer: PartnerResponse): PartnerError {
    const { status } = answer;
    if ((status === 401 || status === 403) && !isForeignPage(answer))
      this.log.alarm('common_kyc_credentials_refused', 'common-kyc does not accept our credentials', {
        ...{ businessUnit: unit, operation, status },
      });
    const isBusy = status === 429 || (status === 503 && operation === 'store');
    // What does not answer in the partner's form stands in between: it may be gone with the next try.
    const isRefused =
      status >= 400 && status < 500 && !NOT_ABOUT_THE_DATA.has(status) && isRefusal(answer.body);
    return this.#error(operation, answer, isBusy ? 'unavailable' : isRefused ? 'refused' : 'error');
  }

  #error(
    operation: Operation,
    answer: PartnerResponse,
    fault: 'unavailable' | 'refused' | 'error' = 'error',
  ): PartnerError {
    const wish = retryAfterSeconds(answer.headers, this.clock.now());
    return new PartnerError(PARTNER, operation, fault, { answer, retryAfterSeconds: wish });
  }
}

function basic({ COMMON_KYC_CLIENT_ID: id, COMMON_KYC_CLIENT_SECRET: secret }: CommonKycAccess): string {
  return `Basic ${Buffer.from(`${id}:${secret.reveal()}`).toString('base64')}`;
}
