import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Log } from '../../platform/logging';
import { type PartnerDoor, PartnerError } from '../../platform/outbound';
import { Clock, Deadline } from '../../platform/time';
import type { CoeAccount, GtfAccount } from '../gtf-accounts';
import { isUnauthorized, readAnswer, unusable } from './answer';
import { GtfDoors } from './gtf-doors';
import { TokenCache } from './token-cache';
import { type IssuedToken, readToken } from './token.wire';

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
const MOST_TOKENS = 20_000;

/** GTF's three kinds of tokens: cached for each owner, minted once however many ask, replaced once when refused (gtf.md §2). */
@Injectable()
export class GtfTokens {
  readonly #cache: TokenCache;
  readonly #mintWithinMs: number;

  constructor(
    private readonly doors: GtfDoors,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(platformSettings.token) settings: PlatformSettings,
  ) {
    this.#cache = new TokenCache(clock, MOST_TOKENS);
    this.#mintWithinMs = settings.values.PARTNER_TIMEOUT_MS;
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

  /** The minting is shared, so it has a deadline of its own; each caller waits no longer than theirs. */
  async #token(grant: TokenGrant, deadline: Deadline): Promise<string> {
    const minting = this.#cache.get(grant.key, () => this.#mint(grant));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const expire = (): void => reject(new PartnerError(grant.partner, grant.operation, 'timeout'));
      timer = setTimeout(expire, deadline.remaining());
    });
    try {
      return await Promise.race([minting, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #mint(grant: TokenGrant): Promise<IssuedToken> {
    const { door, operation, url, headers } = grant;
    const deadline = Deadline.after(this.#mintWithinMs);
    const response = await door.send({ operation, method: 'GET', url, headers, deadline, repeatable: true });
    try {
      const issued = readToken(readAnswer(grant, response, this.clock.now()), this.clock.now());
      if (issued === undefined) throw unusable(grant, 'there is no token in it');
      return issued;
    } catch (error) {
      if (error instanceof PartnerError && isAboutCredentials(error)) {
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

/** The token services answer for credentials alone: every documented no is about them. */
function isAboutCredentials({ fault, httpStatus }: PartnerError): boolean {
  return fault === 'refused' || httpStatus === 401 || httpStatus === 403;
}

function credentials({ clientId, passKey }: GtfAccount): Readonly<Record<string, string>> {
  return { 'client-id': clientId, 'pass-key': passKey.reveal() };
}
