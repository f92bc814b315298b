import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import {
  allows,
  formOf,
  hostOf,
  type IssuedToken,
  PartnerError,
  type PartnerHttpClient,
  PartnerHttpClients,
  TokenCache,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { type GtfAccount, GtfAccounts } from '../gtf-accounts.service';
import type { Family, GtfSessionIds } from '../gtf.entity';
import type { StartedJourneyDto } from '../hosted-flows/hosted-flow.dto';
import { type JsonObject, readData, refusalIn } from './envelope.wire';
import { readIssued } from './gtf.wire';

/** User tokens live for 60 days in GTF's sample: a person who comes back is served with the same token. */
const MAX_TOKENS = 20_000;

/**
 * GTF's tokens as errors and metrics call them, and where they are issued: the partner's in each family, in COE also a person's own
 * (gtf.md §2).
 */
const TOKENS = {
  coe_user_token: '/v2/coe/authentication',
  coe_partner_token: '/v1/coe/partner/authentication',
  siv_partner_token: '/v1/esign/partner/authentication',
} as const;
export type GtfToken = keyof typeof TOKENS;

/** A call of GTF's API in a person's session. Added to its headers are token, session and, where the token does not say so, person. */
export interface GtfCall {
  readonly account: GtfAccount;
  readonly token: GtfToken;
  readonly ids: GtfSessionIds;
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly deadline: Deadline;
  readonly repeatable?: boolean;
  /** Whether it may be the wrong kind of token: then a refusal is no alarm. */
  readonly onTrial?: boolean;
}

/** Where the person goes on. */
export interface Launch extends Pick<StartedJourneyDto, 'sdkToken' | 'launchUrl'> {
  /** Milliseconds from GTF's answer. */
  readonly lifeMs: number;
}

/** Calls GTF's API with cached tokens. An outage of one of its services does not stop calls to the others. */
@Injectable()
export class GtfApiClient {
  readonly #tokens: TokenCache;
  readonly #tokenServices: Readonly<Record<Family, PartnerHttpClient>>;
  readonly #apis: Readonly<Record<Family, PartnerHttpClient>>;

  constructor(
    clients: PartnerHttpClients,
    accounts: GtfAccounts,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
  ) {
    const timeoutMs = platform.values.PARTNER_TIMEOUT_MS;
    const create = (family: Family, partner: string, at: 'tokenBaseUrl' | 'baseUrl'): PartnerHttpClient => {
      const hosts = accounts.all.filter((one) => one.family === family).map((one) => hostOf(one[at]));
      return clients.create({ partner, check: `gtf-${family}`, hosts, timeoutMs });
    };
    this.#apis = { coe: create('coe', 'GTF COE', 'baseUrl'), siv: create('siv', 'GTF SIV', 'baseUrl') };
    this.#tokenServices = {
      coe: create('coe', 'GTF COE token', 'tokenBaseUrl'),
      siv: create('siv', 'GTF SIV token', 'tokenBaseUrl'),
    };
    this.#tokens = new TokenCache(clock, log, { mintWithinMs: timeoutMs, capacity: MAX_TOKENS });
  }

  /** A partner token of the account. @throws PartnerError */
  partnerToken(account: GtfAccount, deadline: Deadline): Promise<string> {
    return this.#tokens.get(this.#source(account, `${account.family}_partner_token`), deadline);
  }

  /** The data of GTF's answer. @throws PartnerError */
  async call({ account, token, ids, path, headers, body, onTrial, ...call }: GtfCall): Promise<JsonObject> {
    const { userId, partnerSessionId } = ids;
    const asUser = token === 'coe_user_token';
    const source = this.#source(account, token, asUser ? userId : undefined);
    const response = await this.#tokens.authorized(source, call.deadline, (value) =>
      this.#apis[account.family].send({
        ...call,
        url: account.baseUrl + path,
        origin: { businessUnit: account.businessUnit, person: userId },
        headers: {
          ...headers,
          ...(asUser ? {} : personHeaders(account, userId)),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          'x-partner-session-id': partnerSessionId,
          'x-onekyc-token': value,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    // Without a code of GTF's, something in between said so.
    if (response.status === 401 && onTrial !== true && refusalIn(response.body)?.cause !== undefined)
      this.#alarm('GTF refuses a token it has just issued', account, token);
    return readData({ partner: account.partner, operation: call.operation }, response, this.clock.now());
  }

  /**
   * Starts a flow in GTF's own screens (gtf.md §3.1). The session id makes it happen once: what is repeated after a lost answer may be
   * refused as a duplicate (gtf.md §7.5).
   * @throws PartnerError; `error` also for an answer that does not say where the person goes on
   */
  async launch(source: 'SDK' | 'WEB_SDK', call: Omit<GtfCall, 'method'>): Promise<Launch> {
    const data = await this.call({ ...call, method: 'POST', repeatable: true });
    const { token: sdkToken, launchUrl, lifeMs } = readIssued(data, this.clock.now());
    if (source === 'SDK' && sdkToken !== null) return { sdkToken, lifeMs };
    if (source === 'WEB_SDK' && launchUrl !== null && this.#isSafe(launchUrl)) return { launchUrl, lifeMs };
    const hint = 'it does not say where the person goes on';
    throw new PartnerError(call.account.partner, call.operation, 'error', { hint });
  }

  /** Whether a person may open the page: https, or in development a page of the machine itself (contract §5). */
  #isSafe(url: string): boolean {
    const page = new URL(url);
    if (page.protocol !== 'https:' && this.platform.values.NODE_ENV === 'production') return false;
    return allows([page.hostname], page);
  }

  #source(account: GtfAccount, token: GtfToken, userId?: string) {
    return {
      key: JSON.stringify([token, account.businessUnit, userId]),
      partner: `${account.partner} token`,
      operation: token,
      mint: (deadline: Deadline) => this.#mint(account, token, userId, deadline),
    };
  }

  async #mint(
    account: GtfAccount,
    token: GtfToken,
    userId: string | undefined,
    deadline: Deadline,
  ): Promise<IssuedToken> {
    const { businessUnit, clientId, passKey } = account;
    const partner = `${account.partner} token`;
    const person = userId === undefined ? {} : personHeaders(account, userId);
    const answer = await this.#tokenServices[account.family].send({
      operation: token,
      method: 'GET',
      url: account.tokenBaseUrl + TOKENS[token],
      headers: { 'client-id': clientId, 'pass-key': passKey.reveal(), ...person },
      deadline,
      repeatable: true,
      origin: { businessUnit },
    });
    const { status, body } = answer;
    const refusal = refusalIn(body);
    // The token services' documented refusals, in GTF's own words, are about the credentials alone (gtf.md §2).
    if (
      (status === 401 && body.length === 0) ||
      ([400, 401, 403].includes(status) && refusal !== undefined)
    ) {
      this.#alarm('GTF refuses the credentials', account, token);
      const publicCode = refusal?.cause;
      const hint = 'the credentials are refused';
      throw new PartnerError(partner, token, 'error', { publicCode, cause: formOf(answer), hint });
    }
    const now = this.clock.now();
    const { token: value, lifeMs } = readIssued(readData({ partner, operation: token }, answer, now), now);
    if (value === null) throw new PartnerError(partner, token, 'error', { hint: 'there is no token in it' });
    return { value, lifeMs };
  }

  #alarm(message: string, { businessUnit }: GtfAccount, operation: GtfToken): void {
    this.log.alarm('gtf_credentials_refused', message, { businessUnit, operation });
  }
}

/** By which GTF knows the person, and whose person it is. */
function personHeaders(account: GtfAccount, userId: string): Readonly<Record<string, string>> {
  return {
    'x-onboarding-partner': account.onboardingPartner,
    'x-partner-user-id': userId,
    'x-partner-user-id-type': account.userIdType,
  };
}
