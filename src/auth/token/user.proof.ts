import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CallerProof, type ProofDocumentation } from '../access/caller-proof';
import type { UserCaller } from '../caller';
import { bearerToken, isBearer } from './access-token';
import { AccessTokenStrategy } from './access-token.strategy';
import { bearerChallenge, TokenVerdicts } from './token-verdicts';
import { VerifiedTokens } from './verified-tokens';

/** A person proves themselves with a SIMAS-ID access token, verified with SIMAS-ID's published keys. */
@Injectable()
export class User extends CallerProof<UserCaller> {
  static readonly documentation: ProofDocumentation = {
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
      [
        401,
        'invalid_token',
        'the access token cannot be accepted; `error_description` in `WWW-Authenticate` says why',
      ],
      [503, 'partner_unavailable', "SIMAS-ID's keys cannot be read, so the token cannot be judged"],
    ],
  };

  readonly challenge = bearerChallenge();

  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly verified: VerifiedTokens,
    private readonly verdicts: TokenVerdicts,
  ) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return isBearer(request.headers.authorization);
  }

  override async prove(request: FastifyRequest): Promise<UserCaller> {
    try {
      const token = bearerToken(request);
      const known = this.verified.find(token);
      if (known !== undefined) return this.verdicts.repeated(known);
      const started = performance.now();
      const verified = await this.strategy.verify(request);
      this.verified.remember(token, verified);
      return this.verdicts.verified(verified.caller, performance.now() - started);
    } catch (error) {
      throw this.verdicts.refused(error, request);
    }
  }
}
