import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PartnerError } from '../../platform/outbound';
import { Authenticator, type ProofDocumentation } from '../access/authenticator';
import type { Deadline } from '../../platform/time';
import type { UserCaller } from '../caller';
import { bearerToken, isBearer, parseAccessToken } from '../token/access-token';
import { JwksCache } from '../keys/jwks-cache';
import { ClaimsValidator } from '../token/claims-validator';
import { bearerChallenge, type Judged, TokenAudit } from '../token/token-audit';
import { accessTokenDocumentation, User } from '../token/user.authenticator';
import { UserinfoVerifier } from './userinfo-verifier';

const confirmed: ProofDocumentation = {
  scheme: accessTokenDocumentation.scheme,
  refusals: [
    ...accessTokenDocumentation.refusals,
    [403, 'insufficient_scope', 'the access token lacks the scope `openid`'],
  ],
};

/**
 * A person whose token holds by SIMAS-ID's keys, and whose session SIMAS-ID confirms to be alive: for routes on which a token that
 * outlived its session would do harm. While SIMAS-ID cannot confirm it, the answer is 503, however it fails (contract §7.10).
 */
@Injectable()
export class UserVerifiedWithSimasId extends Authenticator<UserCaller> {
  static readonly documentation = confirmed;

  readonly challenge = bearerChallenge();

  constructor(
    private readonly user: User,
    private readonly userinfo: UserinfoVerifier,
    private readonly verdicts: TokenAudit,
  ) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return this.user.presented(request);
  }

  override async authenticate(request: FastifyRequest, deadline: Deadline): Promise<UserCaller> {
    return this.confirm(request, await this.user.authenticate(request), deadline);
  }

  /**
   * The caller of a token that was verified, as SIMAS-ID has them now.
   * @throws GatewayError 401 for a session that was ended; 503
   */
  async confirm(request: FastifyRequest, caller: UserCaller, deadline: Deadline): Promise<UserCaller> {
    return this.verdicts.on(request, () =>
      this.userinfo
        .confirm(bearerToken(request), caller, 'signature-holds', deadline, 'now')
        .catch(unavailableToConfirm),
    );
  }
}

/**
 * A person whose token SIMAS-ID itself vouches for; slower than {@link User}, and possible without any key. Userinfo accepts any
 * valid token of the realm, so the claims are judged here all the same; and where the token's key is at hand its signature is too,
 * so that SIMAS-ID is not asked about what anybody made up.
 */
@Injectable()
export class UserAccordingToSimasId extends Authenticator<UserCaller> {
  static readonly documentation: ProofDocumentation = {
    ...confirmed,
    refusals: [
      ...confirmed.refusals,
      [502, 'partner_error', 'SIMAS-ID answered something that cannot be used'],
      [504, 'partner_timeout', 'SIMAS-ID did not answer in time'],
    ],
  };

  readonly challenge = bearerChallenge();

  constructor(
    private readonly judge: ClaimsValidator,
    private readonly keys: JwksCache,
    private readonly user: User,
    private readonly userinfo: UserinfoVerifier,
    private readonly verdicts: TokenAudit,
  ) {
    super();
  }

  override presented(request: FastifyRequest): boolean {
    return isBearer(request.headers.authorization);
  }

  override authenticate(request: FastifyRequest, deadline: Deadline): Judged {
    if (this.#keyAtHand(request)) return this.#verified(request, deadline);
    return this.verdicts.on(request, () => {
      const token = bearerToken(request);
      const claimed = this.judge.validate(parseAccessToken(token).claims);
      return this.userinfo.confirm(token, claimed, 'claims-only', deadline);
    });
  }

  async #verified(request: FastifyRequest, deadline: Deadline): Promise<UserCaller> {
    const caller = await this.user.authenticate(request);
    return this.verdicts.on(request, () =>
      this.userinfo.confirm(bearerToken(request), caller, 'signature-holds', deadline),
    );
  }

  #keyAtHand(request: FastifyRequest): boolean {
    try {
      return this.keys.current(parseAccessToken(bearerToken(request)).keyId) !== undefined;
    } catch {
      return false; // a malformed token: the judgement says why
    }
  }
}

function unavailableToConfirm(error: unknown): never {
  if (!(error instanceof PartnerError)) throw error;
  const { partner, operation, httpStatus, reached, retryAfterSeconds } = error;
  const hint = 'the session must be confirmed';
  throw new PartnerError(partner, operation, 'unavailable', {
    reached,
    retryAfterSeconds,
    hint,
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });
}
