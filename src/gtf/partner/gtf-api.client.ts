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
import { type GtfAccount, GtfAccounts } from '../gtf-accounts.service';
import type { Family, GtfSessionIds } from '../gtf.entity';
import type { LaunchDto, StartedJourneyDto } from '../hosted-flows/hosted-flow.dto';
import { isRefusalOfGtf, type JsonObject, readData, unusable } from './envelope.wire';
import { readLaunch, readToken } from './gtf.wire';

/** User tokens live for 60 days in GTF's sample: a person who comes back is served with the same token. */
const MAX_TOKENS = 20_000;

/** One of GTF's three kinds of tokens (gtf.md §2): the partner's in each family, and in COE one for each person. */
export interface TokenGrant {
  readonly account: GtfAccount;
  /** As errors and metrics call it. */
  readonly operation: string;
  readonly path: string;
  /** The person whose token it is. */
  readonly userId?: string;
  /** Whether it may be the wrong kind of token: then a refusal is no alarm. */
  readonly onTrial?: boolean;
}

export function coeUserToken(account: GtfAccount, userId: string): TokenGrant {
  return { account, operation: 'coe_user_token', path: '/v2/coe/authentication', userId };
}

export function coePartnerToken(account: GtfAccount): TokenGrant {
  return { account, operation: 'coe_partner_token', path: '/v1/coe/partner/authentication' };
}

export function sivPartnerToken(account: GtfAccount): TokenGrant {
  return { account, operation: 'siv_partner_token', path: '/v1/esign/partner/authentication' };
}

/** By which GTF knows the person, and whose person it is. */
export function personHeaders(
  { onboardingPartner, userIdType }: GtfAccount,
  userId: string,
): Readonly<Record<string, string>> {
  return {
    'x-onboarding-partner': onboardingPartner,
    'x-partner-user-id': userId,
    'x-partner-user-id-type': userIdType,
  };
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
export interface Launch extends Pick<StartedJourneyDto, 'sdkToken' | 'launchUrl'> {
  /** Milliseconds from GTF's answer. */
  readonly lifeMs: number;
}

/** Calls GTF's API with cached tokens. An outage of one of its services does not stop calls to the others. */
@Injectable()
export class GtfApiClient {
  readonly #tokens: TokenCache;
  readonly #http: Readonly<
    Record<Family, { readonly token: PartnerHttpClient; readonly api: PartnerHttpClient }>
  >;

  constructor(
    clients: PartnerHttpClients,
    { coeAccounts, sivAccounts }: GtfAccounts,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {
    const timeoutMs = settings.values.PARTNER_TIMEOUT_MS;
    const services = (family: Family, accounts: readonly GtfAccount[]) => {
      const create = (partner: string, urls: readonly string[]): PartnerHttpClient =>
        clients.create({ partner, check: `gtf-${family}`, hosts: [...new Set(urls.map(hostOf))], timeoutMs });
      return {
        token: create(
          `${partnerOf(family)} token`,
          accounts.map(({ tokenBaseUrl }) => tokenBaseUrl),
        ),
        api: create(
          partnerOf(family),
          accounts.map(({ baseUrl }) => baseUrl),
        ),
      };
    };
    this.#http = { coe: services('coe', coeAccounts), siv: services('siv', sivAccounts) };
    this.#tokens = new TokenCache(clock, log, { mintWithinMs: timeoutMs, capacity: MAX_TOKENS });
  }

  /** @throws PartnerError */
  token(grant: TokenGrant, deadline: Deadline): Promise<string> {
    return this.#tokens.get(this.#source(grant), deadline);
  }

  /** The data of GTF's answer. @throws PartnerError */
  async call(grant: TokenGrant, ids: GtfSessionIds, request: GtfRequest): Promise<JsonObject> {
    const { family, baseUrl } = grant.account;
    const { path, headers, body, ...call } = request;
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await this.#tokens.authorized(this.#source(grant), call.deadline, (token) =>
      this.#http[family].api.send({
        ...call,
        url: baseUrl + path,
        origin: { businessUnit: ids.businessUnit, person: ids.userId },
        headers: { ...headers, ...json, 'x-onekyc-token': token },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    try {
      return readData({ partner: partnerOf(family), operation: call.operation }, response, this.clock.now());
    } catch (error) {
      // Without a code of GTF's, something in between said so.
      const isGtfs = error instanceof PartnerError && error.publicCode !== undefined;
      if (response.status === 401 && isGtfs && grant.onTrial !== true)
        this.#alarm('GTF refuses a token it has just issued', grant);
      throw error;
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
    const { sdkToken = null, launchUrl = null, lifeMs = 0 } = readLaunch(data, this.clock.now()) ?? {};
    if (source === 'SDK' && sdkToken !== null) return { sdkToken, lifeMs };
    const page = source === 'WEB_SDK' && launchUrl !== null ? this.#secure(launchUrl) : undefined;
    if (page !== undefined) return { launchUrl: page, lifeMs };
    const call = { partner: partnerOf(grant.account.family), operation: request.operation };
    throw unusable(call, 'it does not say where the person goes on');
  }

  /** The address as the URL parser writes it; undefined for one that is not safe to open. */
  #secure(url: string): string | undefined {
    if (!URL.canParse(url)) return undefined;
    const { protocol, hostname, href } = new URL(url);
    const isOwnMachine = protocol === 'http:' && isLoopbackHost(hostname);
    const isSafe = protocol === 'https:' || (isOwnMachine && this.settings.values.NODE_ENV !== 'production');
    return isSafe ? href : undefined;
  }

  #source(grant: TokenGrant): Parameters<TokenCache['get']>[0] {
    const { account, operation, userId } = grant;
    return {
      key: JSON.stringify([operation, account.businessUnit, userId]),
      partner: `${partnerOf(account.family)} token`,
      operation,
      mint: (deadline) => this.#mint(grant, deadline),
    };
  }

  async #mint(grant: TokenGrant, deadline: Deadline): Promise<IssuedToken> {
    const { account, operation, path, userId } = grant;
    const { businessUnit, family, clientId, passKey, tokenBaseUrl } = account;
    const call = { partner: `${partnerOf(family)} token`, operation };
    const person = userId === undefined ? {} : personHeaders(account, userId);
    const response = await this.#http[family].token.send({
      operation,
      method: 'GET',
      url: tokenBaseUrl + path,
      headers: { 'client-id': clientId, 'pass-key': passKey.reveal(), ...person },
      deadline,
      repeatable: true,
      origin: { businessUnit },
    });
    try {
      const issued = readToken(readData(call, response, this.clock.now()), this.clock.now());
      if (issued === undefined) throw unusable(call, 'there is no token in it');
      return issued;
    } catch (error) {
      if (!(error instanceof PartnerError && isAboutCredentials(response))) throw error;
      this.#alarm('GTF refuses the credentials', grant);
      throw new PartnerError(call.partner, operation, 'error', {
        publicCode: error.publicCode,
        cause: error.cause,
        hint: 'the credentials are refused',
      });
    }
  }

  #alarm(message: string, { account: { businessUnit }, operation }: TokenGrant): void {
    this.log.alarm('gtf_credentials_refused', message, { businessUnit, operation });
  }
}

/** As errors and metrics call a family's API. */
function partnerOf(family: Family): string {
  return family === 'coe' ? 'GTF COE' : 'GTF SIV';
}

/**
 * The token services' documented refusals, 400 and 401 in GTF's own words, are about the credentials alone (gtf.md §2). Other
 * statuses are not, and neither is HTML of a proxy.
 */
function isAboutCredentials({ status, body }: PartnerResponse): boolean {
  if (status === 401 && body.length === 0) return true;
  return (status === 400 || status === 401 || status === 403) && isRefusalOfGtf(body);
}
