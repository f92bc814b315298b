import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import type { ProofDocumentation } from '../access/authenticator';
import type { UserCaller } from '../caller';
import { JwksCache } from '../keys/jwks-cache';
import { bearerToken, parseAccessToken } from '../token/access-token';
import { BearerAuthGuard, accessTokenDocumentation, User } from '../token/bearer-auth.guard';
import { ClaimsValidator } from '../token/claims-validator';
import { TokenAudit } from '../token/token-audit';
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
export class UserVerifiedWithSimasId extends BearerAuthGuard {
  static readonly documentation = confirmed;

  constructor(
    private readonly user: User,
    private readonly userinfo: UserinfoVerifier,
    private readonly audit: TokenAudit,
  ) {
    super();
  }

  override async authenticate(request: FastifyRequest, deadline: Deadline): Promise<UserCaller> {
    return this.confirm(request, await this.user.authenticate(request), deadline);
  }

  /**
   * The caller of a token that was verified, as SIMAS-ID has them now.
   * @throws GatewayError 401 for a session that was ended; 503
   */
  async confirm(request: FastifyRequest, caller: UserCaller, deadline: Deadline): Promise<UserCaller> {
    return this.audit.on(request, () =>
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
export class UserAccordingToSimasId extends BearerAuthGuard {
  static readonly documentation: ProofDocumentation = {
    ...confirmed,
    refusals: [
      ...confirmed.refusals,
      [502, 'partner_error', 'SIMAS-ID answered something that cannot be used'],
      [504, 'partner_timeout', 'SIMAS-ID did not answer in time'],
    ],
  };

  constructor(
    private readonly validator: ClaimsValidator,
    private readonly keys: JwksCache,
    private readonly user: User,
    private readonly userinfo: UserinfoVerifier,
    private readonly audit: TokenAudit,
  ) {
    super();
  }

  override authenticate(request: FastifyRequest, deadline: Deadline): UserCaller | Promise<UserCaller> {
    return this.audit.on(request, async () => {
      const token = bearerToken(request);
      const { keyId, claims } = parseAccessToken(token);
      if (this.keys.current(keyId) === undefined)
        return this.userinfo.confirm(token, this.validator.validate(claims), 'claims-only', deadline);
      const caller = await this.user.verify(token);
      return this.userinfo.confirm(token, caller, 'signature-holds', deadline);
    });
  }
}

function unavailableToConfirm(error: unknown): never {
  if (!(error instanceof PartnerError)) throw error;
  const { partner, operation, reached, cause, retryAfterSeconds } = error;
  const hint = 'the session must be confirmed';
  throw new PartnerError(partner, operation, 'unavailable', { reached, cause, retryAfterSeconds, hint });
}
