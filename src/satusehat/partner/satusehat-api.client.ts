import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import {
  type CallOrigin,
  hostOf,
  type IssuedToken,
  jsonIn,
  PartnerError,
  type PartnerHttpClient,
  PartnerHttpClients,
  type PartnerRequest,
  type PartnerResponse,
  textOf,
  TokenCache,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { type SatusehatAccount, type SatusehatSettings, satusehatSettings } from '../satusehat.settings';
import { failure, type Operation, PARTNER, refusesCredentials } from './failure';
import { accessTokenWire, readSatusehatAnswer } from './satusehat.wire';

/** A call to the Ministry; `path` hangs under `SATUSEHAT_BASE_URL`. */
interface MinistryRequest extends Pick<PartnerRequest, 'headers' | 'body'> {
  readonly operation: Operation;
  readonly origin: CallOrigin;
  readonly path: string;
  readonly deadline: Deadline;
}

/** The Ministry publishes no limit (satusehat.md §10). Few enough that opening their answers, one by one, does not hold up other requests. */
const MAX_CONCURRENT = 24;
/** A burst of officers is served in turn, not turned away. */
const MAX_WAITING = 400;

/** HTTP to the Ministry with each unit's access token (satusehat.md §2), kept for as long as `expires_in` says. Every call is a POST. */
@Injectable()
export class SatusehatApiClient {
  readonly #http: PartnerHttpClient;
  readonly #tokens: TokenCache;

  constructor(
    @Inject(satusehatSettings.token) private readonly settings: SatusehatSettings,
    @Inject(platformSettings.token) { values: { PARTNER_TIMEOUT_MS: timeoutMs } }: PlatformSettings,
    httpClients: PartnerHttpClients,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.#tokens = new TokenCache(clock, log, { mintWithinMs: timeoutMs });
    this.#http = httpClients.create({
      partner: PARTNER,
      check: 'satusehat',
      hosts: settings.whenUsed === null ? [] : [hostOf(settings.whenUsed.SATUSEHAT_BASE_URL)],
      timeoutMs,
      maxConcurrent: MAX_CONCURRENT,
      maxWaiting: MAX_WAITING,
    });
  }

  /** @throws PartnerError `not_configured` for a unit without credentials */
  account(businessUnit: string, operation: Operation): SatusehatAccount {
    const account = this.settings.forUnit(businessUnit);
    if (account === null) throw new PartnerError(PARTNER, operation, 'not_configured');
    return account;
  }

  /** @throws PartnerError `error` when the credentials are refused, `timeout` when the deadline passes */
  token(businessUnit: string, deadline: Deadline): Promise<string> {
    return this.#tokens.get(this.#source(businessUnit), deadline);
  }

  /** Any HTTP status is an answer; 401 only after a fresh token was refused, too (§7). @throws PartnerError */
  post({ headers, ...request }: MinistryRequest): Promise<PartnerResponse> {
    const { businessUnit } = request.origin;
    return this.#tokens.authorized(this.#source(businessUnit), request.deadline, (token) =>
      this.#send({ ...request, headers: { ...headers, authorization: `Bearer ${token}` } }),
    );
  }

  #source(businessUnit: string): Parameters<TokenCache['get']>[0] {
    const mint = (within: Deadline): Promise<IssuedToken> => this.#mint(businessUnit, within);
    return { key: businessUnit, partner: PARTNER, operation: 'token', mint };
  }

  async #mint(businessUnit: string, deadline: Deadline): Promise<IssuedToken> {
    const account = this.account(businessUnit, 'token');
    const response = await this.#send({
      operation: 'token',
      origin: { businessUnit },
      path: '/oauth2/v1/accesstoken?grant_type=client_credentials',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: account.SATUSEHAT_CLIENT_ID,
        client_secret: account.SATUSEHAT_CLIENT_SECRET.reveal(),
      }).toString(),
      deadline,
    });
    const body = textOf(response.body);
    const token = accessTokenWire.safeParse(jsonIn(body));
    if (response.status >= 200 && response.status < 300 && token.success)
      return { value: token.data.access_token, lifeMs: token.data.expires_in * 1000 };
    const answer = readSatusehatAnswer(body);
    const error = failure('token', response, answer, { now: this.clock.now() });
    if (error.fault === 'unavailable' || error.fault === 'timeout') throw error;
    const { publicCode, httpStatus } = error;
    // Credentials refused for good are 502 and an alarm (contract §6): the caller cannot do anything about them.
    const isRefused = refusesCredentials(response, answer);
    if (isRefused)
      this.log.alarm('satusehat_credentials_refused', 'SATUSEHAT refuses the credentials', {
        ...{ businessUnit, publicCode, httpStatus },
      });
    const hint = isRefused ? 'the credentials are refused' : undefined;
    throw new PartnerError(PARTNER, 'token', 'error', { publicCode, answer: response, hint });
  }

  async #send({ path, ...request }: MinistryRequest): Promise<PartnerResponse> {
    const { SATUSEHAT_BASE_URL: base } = this.account(request.origin.businessUnit, request.operation);
    return this.#http.send({ ...request, method: 'POST', url: base + path });
  }
}
