import type { FastifyRequest } from 'fastify';
import { isEmailAddress } from '../../platform/indonesia';
import { bearerToken, parseAccessToken } from './access-token';

/** What an access token says of the session it was issued in. */
export interface TokenSession {
  /** Null unless SIMAS-ID says that the address is the person's. */
  readonly verifiedEmail: string | null;
  /** `sid`, else `jti`: how the issuer finds the session again (OpenID Connect Front-Channel Logout 1.0 §3, RFC 7519 §4.1.7). */
  readonly reference: string | null;
}

const REFERENCE = /^[!-~]{1,200}$/;

/** The session of a request's access token, which was verified before. Read only where a route asks for it, not for every token. */
export function sessionOf(request: FastifyRequest): TokenSession {
  const { email, email_verified: verified, sid, jti } = parseAccessToken(bearerToken(request)).claims;
  return {
    verifiedEmail: verified === true && isEmailAddress(email) ? email : null,
    reference: [sid, jti].find(isReference) ?? null,
  };
}

function isReference(value: unknown): value is string {
  return typeof value === 'string' && REFERENCE.test(value);
}
