import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { UserCaller } from '../caller';
import { JwksCache } from '../keys/jwks-cache';
import type { AccessToken, TokenClaims } from './access-token';
import { ClaimsValidator } from './claims-validator';

/** jsonwebtoken, which passport-jwt hands the key on to, takes key objects; the types of passport-jwt do not say so. */
type KeyTaken = (error: unknown, key?: string | Buffer) => void;

/** SIMAS-ID's access tokens, whose form was read before: passport-jwt verifies the signature, `validate` the claims (ADR 0003). */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy) {
  constructor(
    keys: JwksCache,
    private readonly claims: ClaimsValidator,
  ) {
    super({
      jwtFromRequest: ({ raw }: AccessToken) => raw,
      secretOrKeyProvider: (token: AccessToken, _raw: unknown, done: KeyTaken) => {
        keyOf(token, keys, claims)
          .then((key) => done(null, key as unknown as Buffer))
          .catch(done);
      },
      algorithms: ['RS256'],
      // Times are claims: `validate` judges them, with the skew that is allowed.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
  }

  validate(claims: TokenClaims): UserCaller {
    return this.claims.validate(claims);
  }
}

/** With claims that cannot be accepted no key helps: such a token neither causes a refresh nor waits for one. */
async function keyOf(
  { keyId, claims }: AccessToken,
  keys: JwksCache,
  validator: ClaimsValidator,
): Promise<KeyObject> {
  const known = keys.current(keyId);
  if (known !== undefined) return known;
  validator.validate(claims);
  const { iat } = claims;
  return keys.find(keyId, typeof iat === 'number' ? iat : undefined);
}
