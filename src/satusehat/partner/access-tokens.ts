import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import { type IssuedToken, jsonIn, PartnerError, textOf, TokenCache } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { SatusehatAccount } from '../satusehat.settings';
import { failure, PARTNER, refusesCredentials } from './failure';
import { SatusehatHttpClient } from './satusehat-http.client';
import { accessTokenWire, readSatusehatAnswer } from './satusehat.wire';

/** Each unit's access token (satusehat.md §2), kept for as long as `expires_in` says. */
@Injectable()
export class AccessTokens {
  readonly #cache: TokenCache;

  constructor(
    private readonly http: SatusehatHttpClient,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#cache = new TokenCache(clock, {
      mintWithinMs: settings.values.PARTNER_TIMEOUT_MS,
      onRenewalFailure: (error) => log.warn('renewing an access token failed', reason(error)),
    });
  }

  /** @throws PartnerError `error` when the credentials are refused, `timeout` when the deadline passes */
  of(businessUnit: string, account: SatusehatAccount, deadline: Deadline): Promise<string> {
    const mint = (within: Deadline): Promise<IssuedToken> => this.#mint(businessUnit, account, within);
    return this.#cache.get({ key: businessUnit, partner: PARTNER, operation: 'token', mint }, deadline);
  }

  /** Forgets a token that was refused; a newer one stays. */
  drop(businessUnit: string, value: string): void {
    this.#cache.drop(businessUnit, value);
  }

  async #mint(businessUnit: string, account: SatusehatAccount, deadline: Deadline): Promise<IssuedToken> {
    const response = await this.http.post(account, {
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
    throw this.#failed(businessUnit, error, refusesCredentials(response, answer));
  }

  /** Credentials refused for good are 502 and an alarm (contract §6): the caller cannot do anything about them. */
  #failed(
    businessUnit: string,
    { publicCode, httpStatus = 0 }: PartnerError,
    refused: boolean,
  ): PartnerError {
    if (refused)
      this.log.alarm('SATUSEHAT refuses the credentials', { businessUnit, publicCode, httpStatus });
    const hint = refused ? { hint: 'the credentials are refused' } : {};
    return new PartnerError(PARTNER, 'token', 'error', { publicCode, httpStatus, ...hint });
  }
}

function reason(error: unknown): { readonly reason: string } {
  return { reason: error instanceof PartnerError ? error.code : 'unexpected' };
}
