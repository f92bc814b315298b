import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Authenticator, type ProofDocumentation } from '../access/authenticator';
import type { UserCaller } from '../caller';
import { bearerToken, isBearer, parseAccessToken } from './access-token';
import { AccessTokenStrategy, type PresentedToken } from './access-token.strategy';
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

type PassportMiddleware = (request: unknown, reply: unknown, next: (error: unknown) => void) => void;

/** The token is verified with the keys SIMAS-ID publishes. */
@Injectable()
export class User extends BearerAuthGuard {
  static readonly documentation = accessTokenDocumentation;

  // One of its own: in the default one, which the process shares, two gateways would judge each other's tokens.
  readonly #passport = new passport.Passport();

  constructor(
    strategy: AccessTokenStrategy,
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
   * The person a token names.
   * @throws TokenRefused; GatewayError 503 when no key is to be had
   */
  verify(token: string): UserCaller | Promise<UserCaller> {
    const digest = digestOf(token);
    const known = this.verified.find(digest);
    return known === undefined ? this.#verifyAnew(token, digest) : this.audit.repeated(known);
  }

  async #verifyAnew(token: string, digest: string): Promise<UserCaller> {
    const started = performance.now();
    const presented: PresentedToken = parseAccessToken(token);
    const caller = await this.#authenticateWithPassport(presented);
    const { keyId, key } = presented;
    if (key !== undefined) this.verified.remember(digest, { caller, keyId, key });
    return this.audit.verified(caller, performance.now() - started);
  }

  #authenticateWithPassport(presented: PresentedToken): Promise<UserCaller> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null, caller: UserCaller | false, refusal: Error): void => {
        if (caller) resolve(caller);
        else reject(refusalOf(error ?? refusal, presented.keyId));
      };
      const middleware = this.#passport.authenticate(
        STRATEGY,
        { session: false },
        settle,
      ) as PassportMiddleware;
      middleware(presented, undefined, reject);
    });
  }
}

/** Form and algorithm were judged before jsonwebtoken saw the token: what it refuses is the signature. */
function refusalOf(error: Error, keyId: string): Error {
  if (error instanceof TokenRefused) return new TokenRefused(error.reason, keyId);
  return error.name === 'JsonWebTokenError' ? new TokenRefused('signature_invalid', keyId) : error;
}
