import { type KeyObject, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import passport from 'passport';
import type { AccessToken } from './access-token';
import { ClaimsValidator } from './claims-validator';
import { TokenRefused } from './token-refused';

/** What Passport is given for a request: its token in the strict reading, and the key it names. */
export interface PresentedToken extends AccessToken {
  readonly key: KeyObject;
}

/**
 * A Passport strategy for SIMAS-ID's access tokens. passport-jwt has jsonwebtoken take the token apart a second time, and accepts
 * tokens without `exp`, ID tokens and foreign `azp` (ADR 0003). The form and the algorithm were judged when the token was read.
 */
@Injectable()
export class AccessTokenStrategy extends passport.Strategy {
  constructor(private readonly claims: ClaimsValidator) {
    super();
  }

  override authenticate(request: unknown): void {
    const { signed, signature, key, claims } = request as PresentedToken;
    try {
      // RSASSA-PKCS1-v1_5 with SHA-256, which is RS256 (RFC 7518 §3.3): keys are RSA keys.
      if (!verify('sha256', signed, key, signature)) throw new TokenRefused('signature_invalid');
      this.success(this.claims.validate(claims));
    } catch (error) {
      if (error instanceof TokenRefused) this.fail(error);
      else this.error(error);
    }
  }
}
