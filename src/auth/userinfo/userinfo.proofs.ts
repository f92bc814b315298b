import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CallerProof, type ProofDocumentation } from '../access/caller-proof';
import type { Deadline } from '../../platform/time';
import type { UserCaller } from '../caller';
import { bearerToken, isBearer, parseAccessToken } from '../token/access-token';
import { ClaimsJudge } from '../token/claims-judge';
import { bearerChallenge, type Judged, TokenVerdicts } from '../token/token-verdicts';
import { accessTokenDocumentation, User } from '../token/user.proof';
import { UserinfoVerifier } from './userinfo-verifier';

const documentation: ProofDocumentation = {
  scheme: accessTokenDocumentation.scheme,
  refusals: [
    ...accessTokenDocumentation.refusals,
    [403, 'insufficient_scope', 'the access token lacks the scope `openid`'],
    [502, 'partner_error', 'SIMAS-ID answered something that cannot be used'],
    [504, 'partner_timeout', 'SIMAS-ID did not answer in time'],
  ],
};

/**
 * A person whose token SIMAS-ID itself vouches for; slower than {@link User}, and independent of the key set. Userinfo accepts any
 * valid token of the realm, so the claims are judged here all the same.
 */
@Injectable()
export class UserAccordingToSimasId extends CallerProof<UserCaller> {
  static readonly documentation = documentation;

  readonly challenge = bearerChallenge();

  constructor(
    private readonly judge: ClaimsJudge,
    private readonly userinfo: UserinfoVerifier,
    private readonly verdicts: TokenVerdicts,
  ) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return isBearer(request.headers.authorization);
  }

  override prove(request: FastifyRequest, deadline: Deadline): Judged {
    return this.verdicts.on(request, () => {
      const token = bearerToken(request);
      return this.userinfo.confirm(token, this.judge.judge(parseAccessToken(token).claims), deadline);
    });
  }
}

/**
 * A person whose token holds by SIMAS-ID's keys, and whose session SIMAS-ID confirms to be alive: for routes on which a token that
 * outlived its session would do harm.
 */
@Injectable()
export class UserVerifiedWithSimasId extends CallerProof<UserCaller> {
  static readonly documentation = documentation;

  readonly challenge = bearerChallenge();

  constructor(
    private readonly user: User,
    private readonly userinfo: UserinfoVerifier,
    private readonly verdicts: TokenVerdicts,
  ) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return this.user.presented(request);
  }

  override async prove(request: FastifyRequest, deadline: Deadline): Promise<UserCaller> {
    const caller = await this.user.prove(request);
    return this.verdicts.on(request, () => this.userinfo.confirm(bearerToken(request), caller, deadline));
  }
}
