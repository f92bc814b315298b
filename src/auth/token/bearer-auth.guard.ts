import { setImmediate as endOfTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Authenticator, type ProofDocumentation } from '../access/authenticator';
import type { UserCaller } from '../caller';
import { JwksCache } from '../keys/jwks-cache';
import { type AccessToken, bearerToken, isBearer, parseAccessToken } from './access-token';
import { AccessTokenStrategy } from './access-token.strategy';
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

/** The token is verified with the keys SIMAS-ID publishes. */
@Injectable()
export class User extends BearerAuthGuard {
  static readonly documentation = accessTokenDocumentation;

  // One of its own: in the default one, which the process shares, two gateways would judge each other's tokens.
  readonly #passport = new passport.Passport();
  /** Shared by the tokens that arrived in this turn of the event loop. */
  #turn: Promise<void> | undefined;

  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly keys: JwksCache,
    private readonly verified: VerifiedTokens,
    private readonly audit: TokenAudit,
  ) {
    super();
    this.#passport.use(strategy);
  }

  override authenticate(request: FastifyRequest): UserCaller | Promise<UserCaller> {
    return this.audit.on(request, () => this.verify(bearerToken(request)));
  }

  /**
   * The person a token names: at once where it was verified before.
   * @throws TokenRefused; GatewayError 503 when no key is to be had
   */
  verify(raw: string): UserCaller | Promise<UserCaller> {
    this.keys.countStale();
    const digest = digestOf(raw);
    const known = this.verified.find(digest);
    return known === undefined ? this.#verifyAnew(raw, digest) : this.audit.repeated(known);
  }

  async #verifyAnew(raw: string, digest: string): Promise<UserCaller> {
    // In a row, so that RSA and the rest of a request push each other out of the processor's caches less often (ADR 0003).
    await (this.#turn ??= endOfTurn().then(() => (this.#turn = undefined)));
    const started = performance.now();
    const token = parseAccessToken(raw);
    const { keyId } = token;
    const key = this.keys.current(keyId);
    const caller = await this.#authenticateWithPassport(token);
    // A token whose key had to be asked for is remembered when it comes again.
    if (key !== undefined) this.verified.remember(digest, { caller, keyId, key });
    return this.audit.verified(caller, performance.now() - started);
  }

  #authenticateWithPassport(token: AccessToken): Promise<UserCaller> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null, caller: UserCaller | false, refusal: Error): void => {
        if (caller) resolve(caller);
        else reject(refusalOf(error ?? refusal, token));
      };
      const { name } = this.strategy;
      const middleware = this.#passport.authenticate(name, { session: false }, settle) as Middleware;
      middleware(token, undefined, reject);
    });
  }
}

type Middleware = (request: AccessToken, reply: undefined, next: (error: unknown) => void) => void;

/** jsonwebtoken's refusals in our words: after the strict reading only the signature is left for it to refuse. */
function refusalOf(error: Error, { keyId }: AccessToken): Error {
  if (error instanceof TokenRefused) return new TokenRefused(error.reason, keyId);
  return error.name === 'JsonWebTokenError' ? new TokenRefused('signature_invalid', keyId) : error;
}
