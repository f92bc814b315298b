import { Inject, Injectable } from '@nestjs/common';
import { BusinessUnits } from '../../business-units';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import {
  hostOf,
  type PartnerHttpClient,
  PartnerHttpClients,
  PartnerError,
  type PartnerRequest,
  type PartnerResponse,
} from '../../platform/outbound';
import { type SatusehatAccount, type SatusehatSettings, satusehatSettings } from '../satusehat.settings';
import { type Operation, PARTNER } from './failure';

/** A call to the Ministry; `path` hangs under `SATUSEHAT_BASE_URL`. */
interface MinistryRequest extends Pick<PartnerRequest, 'headers' | 'body' | 'deadline' | 'origin'> {
  readonly operation: Operation;
  readonly path: string;
}

/** The Ministry publishes no limit (satusehat.md §10). Few enough that opening their answers, one by one, does not hold up other requests. */
const MAX_CONCURRENT = 24;
/** A burst of officers is served in turn, not turned away. */
const MAX_WAITING = 400;

/** HTTP to the Ministry, once a business unit has credentials. Every call is a POST and sent once. */
@Injectable()
export class SatusehatHttpClient {
  readonly #http: PartnerHttpClient | undefined;

  constructor(
    @Inject(satusehatSettings.token) private readonly settings: SatusehatSettings,
    @Inject(platformSettings.token) platform: PlatformSettings,
    units: BusinessUnits,
    httpClients: PartnerHttpClients,
  ) {
    const [account] = units.all.flatMap(({ id }) => settings.forUnit(id) ?? []);
    if (account === undefined) return;
    this.#http = httpClients.create({
      partner: PARTNER,
      hosts: [hostOf(account.SATUSEHAT_BASE_URL)],
      timeoutMs: platform.values.PARTNER_TIMEOUT_MS,
      maxConcurrent: MAX_CONCURRENT,
      maxWaiting: MAX_WAITING,
    });
  }

  /** Whether any business unit may call the Ministry. */
  get isUsed(): boolean {
    return this.#http !== undefined;
  }

  /** @throws PartnerError `not_configured` for a unit without credentials */
  account(businessUnit: string, operation: Operation): SatusehatAccount {
    const account = this.settings.forUnit(businessUnit);
    if (account === null) throw new PartnerError(PARTNER, operation, 'not_configured');
    return account;
  }

  /** Any HTTP status is an answer. @throws PartnerError `unavailable`, `timeout` or `error` */
  async post(account: SatusehatAccount, { path, ...request }: MinistryRequest): Promise<PartnerResponse> {
    if (this.#http === undefined) throw new PartnerError(PARTNER, request.operation, 'not_configured');
    return this.#http.send({ ...request, method: 'POST', url: account.SATUSEHAT_BASE_URL + path });
  }
}
