import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Strategy } from 'passport-jwt';
import type { UserCaller } from '../caller';
import { JwksCache } from '../keys/jwks-cache';
import { type AccessToken, ALGORITHM, type TokenClaims } from './access-token';
import { ClaimsValidator } from './claims-validator';

/** What Passport is given for a request: its token in the strict reading, and the key that verifies it once that is found. */
export interface PresentedToken extends AccessToken {
  key?: KeyObject;
}

/**
 * passport-jwt verifies SIMAS-ID's access tokens, with key objects by `kid` from our cache: a PEM, which jwks-rsa would hand it, is parsed
 * anew for every token. The claims are left to {@link ClaimsValidator}, times included: passport-jwt alone accepts tokens without
 * `exp`, ID tokens and foreign `azp` (simas-id.md §4).
 */
@Injectable()
export class AccessTokenStrategy extends Strategy {
  constructor(
    keys: JwksCache,
    private readonly claims: ClaimsValidator,
  ) {
    const keyOf = (token: AccessToken): KeyObject | Promise<KeyObject> =>
      keys.current(token.keyId) ?? askForKey(token, keys, claims);
    super(
      {
        jwtFromRequest: (presented: unknown) => (presented as PresentedToken).raw,
        secretOrKeyProvider: (presented: PresentedToken, _raw, done) => {
          const handOver = (key: KeyObject): void => {
            presented.key = key;
            // jsonwebtoken takes key objects; the types of passport-jwt know PEMs and secrets alone.
            done(null, key as unknown as Buffer);
          };
          const key = keyOf(presented);
          if (key instanceof Promise) key.then(handOver, done);
          else handOver(key);
        },
        algorithms: [ALGORITHM],
        ignoreExpiration: true,
        jsonWebTokenOptions: { ignoreNotBefore: true },
      },
      (payload: TokenClaims, done) => done(null, this.validate(payload)),
    );
  }

  /** Called once the signature holds. */
  validate(payload: TokenClaims): UserCaller {
    return this.claims.validate(payload);
  }
}

/** With claims that cannot be accepted no key helps: such a token neither causes a refresh nor waits for one. */
async function askForKey(
  { keyId, claims }: AccessToken,
  keys: JwksCache,
  validator: ClaimsValidator,
): Promise<KeyObject> {
  validator.validate(claims);
  const issuedAt = claims['iat'];
  return keys.find(keyId, typeof issuedAt === 'number' ? issuedAt : undefined);
}
