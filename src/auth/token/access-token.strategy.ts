import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { type SecretOrKeyProvider, Strategy } from 'passport-jwt';
import { KeyStore } from '../keys/key-store';
import { type AccessToken, ALGORITHM, bearerToken, parseAccessToken } from './access-token';
import { ClaimsJudge } from './claims-judge';
import { TokenRefused } from './token-refused';
import type { VerifiedToken } from './verified-tokens';

/** A request's token between the steps of Passport, which hands on nothing but the request. */
interface Presented extends AccessToken {
  readonly key: KeyObject;
}

/**
 * The Passport strategy that verifies SIMAS-ID's access tokens. passport-jwt checks the signature, with the one allowed algorithm;
 * the key comes parsed from our key store, and the claims are judged by {@link ClaimsJudge}: passport-jwt alone accepts tokens
 * without `exp`, ID tokens and foreign `azp` (simas-id.md §4).
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'simas-id') {
  readonly #presented: WeakMap<FastifyRequest, Presented>;
  readonly #judge: ClaimsJudge;

  constructor(keys: KeyStore, judge: ClaimsJudge) {
    const presented = new WeakMap<FastifyRequest, Presented>();
    const provideKey: SecretOrKeyProvider<FastifyRequest> = (request, raw, done) => {
      const handOver = (token: AccessToken, key: KeyObject): void => {
        presented.set(request, { ...token, key });
        // jsonwebtoken takes key objects, which spares parsing a PEM for each token; passport-jwt's types do not say so.
        done(null, key as unknown as Buffer);
      };
      const token = parseAccessToken(raw as string);
      const known = keys.current(token.keyId);
      if (known !== undefined) return handOver(token, known);
      askForKey(token, keys, judge).then(
        (key) => handOver(token, key),
        (error: unknown) => done(error),
      );
    };
    super({
      jwtFromRequest: bearerToken,
      secretOrKeyProvider: provideKey,
      algorithms: [ALGORITHM],
      passReqToCallback: true,
      // Times are the claims judge's: with skew and an upper bound, and `exp` cannot be left out.
      ignoreExpiration: true,
      jsonWebTokenOptions: { ignoreNotBefore: true },
    });
    this.#presented = presented;
    this.#judge = judge;
  }

  /**
   * Judges the request's token.
   * @throws TokenRefused; GatewayError 503 when no key is to be had
   */
  verify(request: FastifyRequest): Promise<VerifiedToken> {
    // A delegate a request, as passport.authenticate makes it. AuthGuard would look the strategy up by name in a registry of the
    // whole process, where two gateways would judge each other's tokens.
    const attempt = Object.create(this) as AccessTokenStrategy;
    return new Promise((resolve, reject) => {
      attempt.success = (verified: unknown) => resolve(verified as VerifiedToken);
      attempt.error = reject;
      attempt.fail = (reason: unknown) => reject(this.#refusal(reason, request));
      attempt.authenticate(request as never);
    });
  }

  /** Called by passport-jwt once the signature holds. Its own reading of the payload is not used: ours is stricter. */
  validate(request: FastifyRequest): VerifiedToken {
    const token = this.#presented.get(request);
    if (token === undefined) throw new Error('no key was provided for this request');
    try {
      return { caller: this.#judge.judge(token.claims), keyId: token.keyId, key: token.key };
    } catch (error) {
      throw error instanceof TokenRefused ? new TokenRefused(error.reason, token.keyId) : error;
    }
  }

  #refusal(reason: unknown, request: FastifyRequest): Error {
    if (reason instanceof Error && reason.name !== 'JsonWebTokenError') return reason;
    return new TokenRefused('signature_invalid', this.#presented.get(request)?.keyId);
  }
}

/** With claims that cannot be accepted no key helps: such a token neither causes a refresh nor waits for one. */
async function askForKey(token: AccessToken, keys: KeyStore, judge: ClaimsJudge): Promise<KeyObject> {
  try {
    judge.judge(token.claims);
    const issuedAt = token.claims['iat'];
    return await keys.find(token.keyId, typeof issuedAt === 'number' ? issuedAt : undefined);
  } catch (error) {
    throw error instanceof TokenRefused ? new TokenRefused(error.reason, token.keyId) : error;
  }
}
