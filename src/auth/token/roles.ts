import type { FastifyRequest } from 'fastify';
import type { BusinessUnit } from '../../business-units';
import { bearerToken, parseAccessToken } from './access-token';

/**
 * The roles in a request's access token, which was verified before: the realm's, and those of the business unit's own clients. A role
 * that another client gives says nothing here. Read only where a route asks for a role, not for every token.
 */
export function rolesOf(request: FastifyRequest, { authorizedParties }: BusinessUnit): ReadonlySet<string> {
  const { claims } = parseAccessToken(bearerToken(request));
  const clients = Object.entries(membersOf(claims['resource_access']));
  const own = clients.filter(([client]) => authorizedParties.has(client)).map(([, access]) => access);
  return new Set([claims['realm_access'], ...own].flatMap(rolesIn));
}

function rolesIn(access: unknown): string[] {
  const { roles } = membersOf(access);
  return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
