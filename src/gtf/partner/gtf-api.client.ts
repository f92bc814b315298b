import { Inject, Injectable } from '@nestjs/common';
import { isLoopbackHost, type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import {
  hostOf,
  type IssuedToken,
  PartnerError,
  type PartnerHttpClient,
  PartnerHttpClients,
  type PartnerResponse,
  TokenCache,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { type CoeAccount, type GtfAccount, GtfAccounts } from '../gtf-accounts.service';
import type { GtfSessionIds } from '../gtf.entity';
import { type GtfSettings, gtfSettings } from '../gtf.settings';
import type { LaunchDto, StartedJourneyDto } from '../hosted-flows/hosted-flow.dto';
import { type GtfCall, isRefusalOfGtf, type JsonObject, readData, unusable } from './envelope.wire';
import { readLaunch, readToken } from './gtf.wire';

const MAX_CONCURRENT_UPLOADS = 200;
/** User tokens live for 60 days in GTF's sample: a person who comes back is served with the same token. */
const MAX_TOKENS = 20_000;

/** An HTTP client for each of GTF's services: an outage of one does not stop calls to the others. */
@Injectable()
export class GtfHttpClients {
  readonly coeToken: PartnerHttpClient;
  readonly coe: PartnerHttpClient;
  readonly sivToken: PartnerHttpClient;
  readonly siv: PartnerHttpClient;
  readonly storage: PartnerHttpClient;

  constructor(
    clients: PartnerHttpClients,
    { coeAccounts, sivAccounts }: GtfAccounts,
    @Inject(platformSettings.token) platform: PlatformSettings,
    @Inject(gtfSettings.token) gtf: GtfSettings,
  ) {
    const timeoutMs = platform.values.PARTNER_TIMEOUT_MS;
    const create = (partner: string, urls: readonly string[]): PartnerHttpClient =>
      clients.create({ partner, hosts: [...new Set(urls.map(hostOf))], timeoutMs });
    const [coeTokenUrls, coeUrls] = addressesOf(coeAccounts);
    const [sivTokenUrls, sivUrls] = addressesOf(sivAccounts);
    this.coeToken = create('GTF COE token', coeTokenUrls);
    this.coe = create('GTF COE', coeUrls);
    this.sivToken = create('GTF SIV token', sivTokenUrls);
    this.siv = create('GTF SIV', sivUrls);
    this.storage = clients.create({
      partner: 'GTF storage',
      hosts: [...new Set(coeAccounts.flatMap(({ uploadHosts }) => uploadHosts))],
      timeoutMs: gtf.values.GTF_UPLOAD_TIMEOUT_MS,
      maxConcurrent: MAX_CONCURRENT_UPLOADS,
    });
  }
}

/** A kind of token, whose it is, and the API it is for. */
export interface TokenGrant extends GtfCall {
  readonly tokenHttp: PartnerHttpClient;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Owner of the token: the unit, and for user tokens the person too. */
  readonly key: string;
  readonly businessUnit: string;
  readonly api: { readonly partner: string; readonly http: PartnerHttpClient };
  readonly baseUrl: string;
  /** Whether it may be the wrong kind of token: then a refusal is no alarm. */
  readonly onTrial?: boolean;
}

/** A call of GTF's API in a person's session; the token is added to its headers. */
export interface GtfRequest {
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly deadline: Deadline;
  readonly repeatable?: boolean;
}

/** What every flow in GTF's own screens is started with. */
export type LaunchOrder = Pick<LaunchDto, 'source' | 'successRedirectionUrl' | 'failureRedirectionUrl'>;

/** Where the person goes on. */
export type Launch = Pick<StartedJourneyDto, 'sdkToken' | 'launchUrl' | 'expiresAt'>;

/** Calls GTF's API with its three kinds of tokens: cached for each owner, and replaced once when refused (gtf.md §2). */
@Injectable()
export class GtfApiClient {
  readonly #cache: TokenCache;

  constructor(
    private readonly http: GtfHttpClients,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {
    this.#cache = new TokenCache(clock, {
      mintWithinMs: settings.values.PARTNER_TIMEOUT_MS,
      capacity: MAX_TOKENS,
      onRenewalFailure: (error) => log.warn('renewing an access token failed', reason(error)),
    });
  }

  /** Scoped to the onboarding partner and the person (`GET /v2/coe/authentication`). */
  coeUser(account: CoeAccount, userId: string): TokenGrant {
    const { businessUnit, userIdType, onboardingPartner } = account;
    const grant = this.#coeGrant(account, 'coe_user_token', '/v2/coe/authentication');
    return {
      ...grant,
      key: JSON.stringify(['coe-user', businessUnit, onboardingPartner, userIdType, userId]),
      headers: {
        ...grant.headers,
        'x-onboarding-partner': onboardingPartner,
        'x-partner-user-id': userId,
        'x-partner-user-id-type': userIdType,
      },
    };
  }

  coePartner(account: CoeAccount): TokenGrant {
    return this.#coeGrant(account, 'coe_partner_token', '/v1/coe/partner/authentication');
  }

  sivPartner(account: GtfAccount): TokenGrant {
    return {
      ...grantOf(account, 'siv_partner_token', '/v1/esign/partner/authentication'),
      partner: 'GTF SIV token',
      tokenHttp: this.http.sivToken,
      api: { partner: 'GTF SIV', http: this.http.siv },
    };
  }

  #coeGrant(account: CoeAccount, operation: string, path: string): TokenGrant {
    return {
      ...grantOf(account, operation, path),
      partner: 'GTF COE token',
      tokenHttp: this.http.coeToken,
      api: { partner: 'GTF COE', http: this.http.coe },
    };
  }

  /**
   * The data of GTF's answer. A token that GTF refuses is replaced and the call made once more: it was not executed.
   * @throws PartnerError
   */
  async call(grant: TokenGrant, ids: GtfSessionIds, request: GtfRequest): Promise<JsonObject> {
    const token = await this.token(grant, request.deadline);
    try {
      return await this.#send(grant, ids, request, token);
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      this.#cache.drop(grant.key, token);
      return this.#callAgain(grant, ids, request);
    }
  }

  /**
   * Starts a flow in GTF's own screens (gtf.md §3.1). The session id makes it happen once: repeated after a lost answer it is refused
   * as a duplicate.
   * @throws PartnerError; `error` also for an answer that does not say where the person goes on
   */
  async launch(
    grant: TokenGrant,
    ids: GtfSessionIds,
    { source }: LaunchOrder,
    request: Omit<GtfRequest, 'method'>,
  ): Promise<Launch> {
    const data = await this.call(grant, ids, { ...request, method: 'POST' });
    const now = this.clock.now();
    const { sdkToken = null, launchUrl = null, lifeMs = 0 } = readLaunch(data, now) ?? {};
    const expiresAt = new Date(now + lifeMs);
    if (source === 'SDK' && sdkToken !== null) return { sdkToken, expiresAt };
    const page = source === 'WEB_SDK' && launchUrl !== null ? this.#secure(launchUrl) : undefined;
    if (page !== undefined) return { launchUrl: page, expiresAt };
    const { operation } = request;
    throw unusable({ partner: grant.api.partner, operation }, 'it does not say where the person goes on');
  }

  /** @throws PartnerError */
  token(grant: TokenGrant, deadline: Deadline): Promise<string> {
    return this.#cache.get({ ...grant, mint: (within) => this.#mint(grant, within) }, deadline);
  }

  async #callAgain(grant: TokenGrant, ids: GtfSessionIds, request: GtfRequest): Promise<JsonObject> {
    const token = await this.token(grant, request.deadline);
    try {
      return await this.#send(grant, ids, request, token);
    } catch (error) {
      if (isUnauthorized(error)) {
        this.#cache.drop(grant.key, token);
        // Without a code of GTF's, something in between said so.
        if (grant.onTrial !== true && error.publicCode !== undefined)
          this.#alarm('GTF refuses a token it has just issued', grant);
      }
      throw error;
    }
  }

  async #send(
    { api, baseUrl }: TokenGrant,
    ids: GtfSessionIds,
    { path, headers, body, ...call }: GtfRequest,
    token: string,
  ): Promise<JsonObject> {
    const json = { 'content-type': 'application/json' };
    const response = await api.http.send({
      ...call,
      url: baseUrl + path,
      origin: { businessUnit: ids.businessUnit, person: ids.userId },
      headers: { ...headers, ...(body === undefined ? {} : json), 'x-onekyc-token': token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return readData({ partner: api.partner, operation: call.operation }, response, this.clock.now());
  }

  /** The address as the URL parser writes it; undefined for one that is not safe to open. */
  #secure(url: string): string | undefined {
    if (!URL.canParse(url)) return undefined;
    const { protocol, hostname, href } = new URL(url);
    const isOwnMachine = protocol === 'http:' && isLoopbackHost(hostname);
    const isSafe = protocol === 'https:' || (isOwnMachine && this.settings.values.NODE_ENV !== 'production');
    return isSafe ? href : undefined;
  }

  async #mint(grant: TokenGrant, deadline: Deadline): Promise<IssuedToken> {
    const { tokenHttp, operation, url, headers, businessUnit } = grant;
    const origin = { businessUnit };
    const request = { operation, method: 'GET', url, headers, deadline, repeatable: true, origin } as const;
    const response = await tokenHttp.send(request);
    try {
      const issued = readToken(readData(grant, response, this.clock.now()), this.clock.now());
      if (issued === undefined) throw unusable(grant, 'there is no token in it');
      return issued;
    } catch (error) {
      if (error instanceof PartnerError && isAboutCredentials(response)) {
        this.#alarm('GTF refuses the credentials', grant);
        throw new PartnerError(grant.partner, operation, 'error', {
          publicCode: error.publicCode,
          hint: 'the credentials are refused',
        });
      }
      throw error;
    }
  }

  #alarm(message: string, { businessUnit, operation }: TokenGrant): void {
    this.log.alarm(message, { businessUnit, operation });
  }
}

function addressesOf(accounts: readonly GtfAccount[]): readonly [tokens: string[], api: string[]] {
  return [accounts.map(({ tokenBaseUrl }) => tokenBaseUrl), accounts.map(({ baseUrl }) => baseUrl)];
}

function grantOf(
  { businessUnit, tokenBaseUrl, baseUrl, clientId, passKey }: GtfAccount,
  operation: string,
  path: string,
): Pick<TokenGrant, 'operation' | 'url' | 'baseUrl' | 'businessUnit' | 'headers' | 'key'> {
  return {
    operation,
    url: tokenBaseUrl + path,
    baseUrl,
    businessUnit,
    headers: { 'client-id': clientId, 'pass-key': passKey.reveal() },
    key: JSON.stringify([operation, businessUnit]),
  };
}

/** Whether GTF did not accept the token; the call was not executed. */
function isUnauthorized(error: unknown): error is PartnerError {
  return error instanceof PartnerError && error.httpStatus === 401;
}

/**
 * The token services' documented refusals, 400 and 401 in GTF's own words, are about the credentials alone (gtf.md §2). Other
 * statuses are not, and neither is HTML of a proxy.
 */
function isAboutCredentials({ status, body }: PartnerResponse): boolean {
  if (status === 401 && body.length === 0) return true;
  return (status === 400 || status === 401 || status === 403) && isRefusalOfGtf(body);
}

function reason(error: unknown): { readonly reason: string } {
  return { reason: error instanceof PartnerError ? error.code : 'unexpected' };
}
