import type { FastifyRequest } from 'fastify';
import type { BusinessUnit } from '../../business-units';
import { isEmailAddress } from '../../platform/indonesia';
import { bearerToken, parseAccessToken, type TokenClaims } from './access-token';

/** What an access token says of the session it was issued in. */
export interface TokenSession {
  /** Null unless SIMAS-ID says that the address is the person's. */
  readonly verifiedEmail: string | null;
  /** `sid`, else `jti`: how the issuer finds the session again (OpenID Connect Front-Channel Logout 1.0 §3, RFC 7519 §4.1.7). */
  readonly reference: string | null;
}

const REFERENCE = /^[!-~]{1,200}$/;

/** The session of a request's access token. */
export function sessionOf(request: FastifyRequest): TokenSession {
  const { email, email_verified: verified, sid, jti } = claimsOf(request);
  return {
    verifiedEmail: verified === true && isEmailAddress(email) ? email : null,
    reference: [sid, jti].find(isReference) ?? null,
  };
}

/**
 * The roles in a request's access token: the realm's, and those of the business unit's own clients. A role that another client gives
 * says nothing here.
 */
export function rolesOf(request: FastifyRequest, { authorizedParties }: BusinessUnit): ReadonlySet<string> {
  const claims = claimsOf(request);
  const clients = Object.entries(membersOf(claims['resource_access']));
  const own = clients.filter(([client]) => authorizedParties.has(client)).map(([, access]) => access);
  return new Set([claims['realm_access'], ...own].flatMap(rolesIn));
}

/** The token was verified before; few routes want more of it than the caller holds, so it is read again there. */
function claimsOf(request: FastifyRequest): TokenClaims {
  return parseAccessToken(bearerToken(request)).claims;
}

function isReference(value: unknown): value is string {
  return typeof value === 'string' && REFERENCE.test(value);
}

function rolesIn(access: unknown): string[] {
  const { roles } = membersOf(access);
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
