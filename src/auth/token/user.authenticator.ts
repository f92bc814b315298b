import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authenticator, type ProofDocumentation } from '../access/authenticator';
import type { UserCaller } from '../caller';
import { bearerToken, isBearer } from './access-token';
import { AccessTokenStrategy } from './access-token.strategy';
import { bearerChallenge, type Judged, TokenAudit } from './token-audit';
import { digestOf, VerifiedTokens } from './verified-tokens';

/** How every proof by access token reads in the OpenAPI document. */
export const accessTokenDocumentation: ProofDocumentation = {
  scheme: {
    name: 'user',
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

/** A person proves themselves with a SIMAS-ID access token, verified with the keys SIMAS-ID publishes. */
@Injectable()
export class User extends Authenticator<UserCaller> {
  static readonly documentation = accessTokenDocumentation;

  readonly challenge = bearerChallenge();

  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly verified: VerifiedTokens,
    private readonly verdicts: TokenAudit,
  ) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return isBearer(request.headers.authorization);
  }

  override authenticate(request: FastifyRequest): Judged {
    return this.verdicts.on(request, () => {
      const digest = digestOf(bearerToken(request));
      const known = this.verified.find(digest);
      return known === undefined ? this.#verify(request, digest) : this.verdicts.repeated(known);
    });
  }

  async #verify(request: FastifyRequest, digest: string): Promise<UserCaller> {
    const started = performance.now();
    const verified = await this.strategy.verify(request);
    this.verified.remember(digest, verified);
    return this.verdicts.verified(verified.caller, performance.now() - started);
  }
}
