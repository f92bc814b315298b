import { type KeyObject, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { type SecretOrKeyProvider, Strategy } from 'passport-jwt';
import { InARow } from '../../platform/event-loop';
import { JwksCache } from '../keys/jwks-cache';
import { type AccessToken, bearerToken, parseAccessToken } from './access-token';
import { ClaimsValidator } from './claims-validator';
import { TokenRefused } from './token-refused';
import type { VerifiedToken } from './verified-tokens';

/** A token with the key that it says it was signed with. */
interface Presented extends AccessToken {
  readonly key: KeyObject;
}

/**
 * The Passport strategy that verifies SIMAS-ID's access tokens. The key comes parsed from our key store, the signature is checked by
 * {@link verifySignature}, and the claims are judged by {@link ClaimsValidator}: passport-jwt alone accepts tokens without `exp`, ID
 * tokens and foreign `azp` (simas-id.md §4).
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'simas-id') {
  // Not #judge: Passport works on delegates of the strategy, which have no private fields.
  private readonly judge: ClaimsValidator;

  constructor(keys: JwksCache, judge: ClaimsValidator) {
    const provideKey: SecretOrKeyProvider = (_request, raw, done) => {
      // What is handed over reaches verifySignature as it is; passport-jwt's types know PEMs and secrets alone.
      const handOver = (presented: Presented): void => done(null, presented as unknown as Buffer);
      const token = parseAccessToken(raw as string);
      const key = keys.current(token.keyId);
      // The new member first: added behind a spread, it makes Node 20 give each object a hidden class of its own, which all readers pay for.
      if (key !== undefined) return handOver({ key, ...token });
      askForKey(token, keys, judge).then(
        (found) => handOver({ key: found, ...token }),
        (error: unknown) => done(error),
      );
    };
    super({ jwtFromRequest: bearerToken, secretOrKeyProvider: provideKey });
    this.judge = judge;
  }

  /**
   * Judges the request's token.
   * @throws TokenRefused; GatewayError 503 when no key is to be had
   */
  verify(request: FastifyRequest): Promise<VerifiedToken> {
    return new Promise<VerifiedToken>((resolve, reject) => {
      // A delegate a request, as passport.authenticate makes it. AuthGuard would look the strategy up by name in a registry of the
      // whole process, where two gateways would judge each other's tokens.
      const attempt = Object.create(this) as AccessTokenStrategy;
      attempt.success = resolve as (verified: unknown) => void;
      attempt.fail = reject;
      attempt.error = reject;
      attempt.authenticate(request as never);
    });
  }

  /** Called by passport-jwt once the signature holds. */
  validate({ claims, keyId, key }: Presented): VerifiedToken {
    try {
      return { caller: this.judge.validate(claims), keyId, key };
    } catch (error) {
      throw error instanceof TokenRefused ? new TokenRefused(error.reason, keyId) : error;
    }
  }
}

type Verifier = (
  token: string,
  presented: Presented,
  options: unknown,
  done: (error: Error | null, presented?: Presented) => void,
) => void;

/**
 * {@link parseAccessToken} has allowed the algorithm, and the key store holds RSA keys alone. It takes jsonwebtoken's place, which would
 * take the token apart once more and verify it through a stream, at almost the cost of the RSA operation itself (`npm run bench -- auth`).
 */
const verifySignature: Verifier = (_token, presented, _options, done) => {
  signatures.add(presented).then((holds) => {
    if (holds) done(null, presented);
    else done(new TokenRefused('signature_invalid', presented.keyId));
  }, done);
};

/** By an RSA key this is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3). */
const signatures = new InARow(({ signed, signature, key }: Presented) =>
  verify('sha256', Buffer.from(signed, 'latin1'), key, signature),
);

// passport-jwt's own seam for another verifier; it has no option for it.
(Strategy as unknown as { JwtVerifier: Verifier }).JwtVerifier = verifySignature;

/** With claims that cannot be accepted no key helps: such a token neither causes a refresh nor waits for one. */
async function askForKey(token: AccessToken, keys: JwksCache, judge: ClaimsValidator): Promise<KeyObject> {
  try {
    judge.validate(token.claims);
    const issuedAt = token.claims['iat'];
    return await keys.find(token.keyId, typeof issuedAt === 'number' ? issuedAt : undefined);
  } catch (error) {
    throw error instanceof TokenRefused ? new TokenRefused(error.reason, token.keyId) : error;
  }
}
