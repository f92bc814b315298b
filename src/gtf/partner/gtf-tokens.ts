import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import {
  type IssuedToken,
  type PartnerDoor,
  PartnerError,
  type PartnerResponse,
  TokenCache,
} from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import type { CoeAccount, GtfAccount } from '../gtf-accounts.service';
import { isRefusalOfGtf, isUnauthorized, readAnswer, unusable } from './answer';
import { GtfDoors } from './gtf-doors';
import { readToken } from './token.wire';

/** A kind of token and whose it is. */
export interface TokenGrant {
  readonly door: PartnerDoor;
  readonly partner: string;
  readonly operation: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Owner of the token: the unit, and for user tokens the person too. */
  readonly key: string;
  readonly businessUnit: string;
  /** Whether it may be the wrong kind of token: then a refusal is no alarm. */
  readonly onTrial?: boolean;
}

/** User tokens live for 60 days in the partner's sample: people who come back find theirs. */
const MAX_TOKENS = 20_000;

/** GTF's three kinds of tokens: cached for each owner, minted once however many ask, replaced once when refused (gtf.md §2). */
@Injectable()
export class GtfTokens {
  readonly #cache: TokenCache;

  constructor(
    private readonly doors: GtfDoors,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#cache = new TokenCache(clock, {
      mintWithinMs: settings.values.PARTNER_TIMEOUT_MS,
      capacity: MAX_TOKENS,
      onRenewalFailure: (error) => log.warn('renewing an access token failed', reason(error)),
    });
  }

  /** Scoped to the onboarding partner and the person (`GET /v2/coe/authentication`). */
  coeUser(account: CoeAccount, userId: string): TokenGrant {
    const { userIdType, onboardingPartner } = account;
    return {
      ...this.#grant(account, 'coe_user_token', `${account.tokenBaseUrl}/v2/coe/authentication`),
      door: this.doors.coeToken,
      partner: 'GTF COE token',
      key: JSON.stringify(['coe-user', account.businessUnit, onboardingPartner, userIdType, userId]),
      headers: {
        ...credentials(account),
        'x-onboarding-partner': onboardingPartner,
        'x-partner-user-id': userId,
        'x-partner-user-id-type': userIdType,
      },
    };
  }

  coePartner(account: CoeAccount): TokenGrant {
    return {
      ...this.#grant(account, 'coe_partner_token', `${account.tokenBaseUrl}/v1/coe/partner/authentication`),
      door: this.doors.coeToken,
      partner: 'GTF COE token',
    };
  }

  sivPartner(account: GtfAccount): TokenGrant {
    return {
      ...this.#grant(account, 'siv_partner_token', `${account.tokenBaseUrl}/v1/esign/partner/authentication`),
      door: this.doors.sivToken,
      partner: 'GTF SIV token',
    };
  }

  /**
   * Makes a call with the grant's token. A token that GTF refuses is replaced and the call made once more: it was not executed.
   * @throws PartnerError
   */
  async use<T>(grant: TokenGrant, deadline: Deadline, call: (token: string) => Promise<T>): Promise<T> {
    const token = await this.#token(grant, deadline);
    try {
      return await call(token);
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      this.#cache.drop(grant.key, token);
      return this.#insist(grant, deadline, call);
    }
  }

  async #insist<T>(grant: TokenGrant, deadline: Deadline, call: (token: string) => Promise<T>): Promise<T> {
    const token = await this.#token(grant, deadline);
    try {
      return await call(token);
    } catch (error) {
      if (isUnauthorized(error)) {
        this.#cache.drop(grant.key, token);
        if (grant.onTrial !== true) this.#alarm('GTF refuses a token it has just issued', grant);
      }
      throw error;
    }
  }

  #token(grant: TokenGrant, deadline: Deadline): Promise<string> {
    return this.#cache.get({ ...grant, mint: (within) => this.#mint(grant, within) }, deadline);
  }

  async #mint(grant: TokenGrant, deadline: Deadline): Promise<IssuedToken> {
    const { door, operation, url, headers, businessUnit } = grant;
    const origin = { businessUnit };
    const request = { operation, method: 'GET', url, headers, deadline, repeatable: true, origin } as const;
    const response = await door.send(request);
    try {
      const issued = readToken(readAnswer(grant, response, this.clock.now()), this.clock.now());
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

  #grant(account: GtfAccount, operation: string, url: string): Omit<TokenGrant, 'door' | 'partner'> {
    const { businessUnit } = account;
    return {
      operation,
      url,
      businessUnit,
      headers: credentials(account),
      key: JSON.stringify([operation, businessUnit]),
    };
  }

  #alarm(message: string, { businessUnit, operation }: TokenGrant): void {
    this.log.alarm(message, { businessUnit, operation });
  }
}

/**
 * The token services' documented refusals, 400 and 401 in GTF's own words, are about the credentials alone (gtf.md §2). Other
 * statuses, and what something in between says in HTML, are not.
 */
function isAboutCredentials({ status, body }: PartnerResponse): boolean {
  if (status === 401 && body.length === 0) return true;
  return (status === 400 || status === 401 || status === 403) && isRefusalOfGtf(body);
}

function reason(error: unknown): { readonly reason: string } {
  return { reason: error instanceof PartnerError ? error.code : 'unexpected' };
}

function credentials({ clientId, passKey }: GtfAccount): Readonly<Record<string, string>> {
  return { 'client-id': clientId, 'pass-key': passKey.reveal() };
}
