import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { TurnBatch } from '../../platform/event-loop';
import { Authenticator, type ProofDocumentation } from '../access/authenticator';
import type { UserCaller } from '../caller';
import { JwksCache } from '../keys/jwks-cache';
import { type AccessToken, bearerToken, isBearer, parseAccessToken } from './access-token';
import { AccessTokenStrategy, type PresentedToken } from './access-token.strategy';
import { ClaimsValidator } from './claims-validator';
import { bearerChallenge, TokenAudit } from './token-audit';
import { TokenRefused } from './token-refused';
import { digestOf, VerifiedTokens } from './verified-tokens';

/** How every proof by access token reads in the OpenAPI document. */
export const accessTokenDocumentation: ProofDocumentation = {
  scheme: {
    name: 'user',
    isOfPeople: true,
    definition: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'The SIMAS-ID access token of a person who logged in to the business unit',
    },
  },
  refusals: [
    [401, 'unauthorized', 'no access token'],
    [401, 'invalid_token', 'the access token is refused; `error_description` in `WWW-Authenticate` says why'],
    [503, 'partner_unavailable', 'SIMAS-ID cannot be reached, so the token cannot be judged'],
  ],
};

/** A person who proves themselves with a SIMAS-ID access token (RFC 6750). */
export abstract class BearerAuthGuard extends Authenticator<UserCaller> {
  readonly challenge = bearerChallenge();

  override presented(request: FastifyRequest): boolean {
    return isBearer(request.headers.authorization);
  }
}

const STRATEGY = 'simas-id';

type PassportMiddleware = (request: PresentedToken, reply: unknown, next: unknown) => void;

/** The token is verified with the keys SIMAS-ID publishes. */
@Injectable()
export class User extends BearerAuthGuard {
  static readonly documentation = accessTokenDocumentation;

  // One of its own: in the default one, which the process shares, two gateways would judge each other's tokens.
  readonly #passport = new passport.Passport();
  readonly #batch = new TurnBatch();

  constructor(
    strategy: AccessTokenStrategy,
    private readonly claims: ClaimsValidator,
    private readonly keys: JwksCache,
    private readonly verified: VerifiedTokens,
    private readonly audit: TokenAudit,
  ) {
    super();
    this.#passport.use(STRATEGY, strategy);
  }

  override authenticate(request: FastifyRequest): UserCaller | Promise<UserCaller> {
    return this.audit.on(request, () => this.verify(bearerToken(request)));
  }

  /**
   * The person a token names: at once where it was verified before, else together with those of other requests.
   * @throws TokenRefused; GatewayError 503 when no key is to be had
   */
  verify(raw: string): UserCaller | Promise<UserCaller> {
    const digest = digestOf(raw);
    const known = this.verified.find(digest);
    if (known !== undefined) return this.audit.repeated(known);
    return new Promise((resolve) => this.#batch.add(() => resolve(this.#verifyAnew(raw, digest))));
  }

  async #verifyAnew(raw: string, digest: string): Promise<UserCaller> {
    const started = performance.now();
    const token = parseAccessToken(raw);
    const { keyId } = token;
    const key = this.keys.current(keyId) ?? (await this.#askForKey(token));
    const caller = this.#authenticateWithPassport({ ...token, key });
    this.verified.remember(digest, { caller, keyId, key });
    return this.audit.verified(caller, performance.now() - started);
  }

  /** With claims that cannot be accepted no key helps: such a token neither causes a refresh nor waits for one. */
  async #askForKey({ keyId, claims }: AccessToken): Promise<KeyObject> {
    const { iat } = claims;
    try {
      this.claims.validate(claims);
      return await this.keys.find(keyId, typeof iat === 'number' ? iat : undefined);
    } catch (error) {
      throw withKeyId(error, keyId);
    }
  }

  /** The strategy answers before it returns. */
  #authenticateWithPassport(presented: PresentedToken): UserCaller {
    let judged: unknown;
    const settle = (error: unknown, caller: UserCaller | false, refusal: unknown): void => {
      judged = error ?? (caller === false ? refusal : caller);
    };
    const middleware = this.#passport.authenticate(
      STRATEGY,
      { session: false },
      settle,
    ) as PassportMiddleware;
    middleware(presented, undefined, undefined);
    if (judged instanceof Error) throw withKeyId(judged, presented.keyId);
    return judged as UserCaller;
  }
}

function withKeyId(error: unknown, keyId: string): unknown {
  return error instanceof TokenRefused ? new TokenRefused(error.reason, keyId) : error;
}
