import { isEmailAddress, normalisePhoneNumber } from '../../platform/indonesia';
import type { TokenClaims } from './access-token';

const MAX_NAME_LENGTH = 200;

/** How SIMAS-ID writes phone numbers. Such a one is normal already, which spares parsing it for every token. */
const AS_SIMAS_ID_WRITES = /^628\d{8,10}$/;

/** `preferred_username` as `628…`; null when it is no Indonesian mobile number. */
export function phoneNumberIn(claims: TokenClaims): string | null {
  const username = claims['preferred_username'];
  if (typeof username !== 'string') return null;
  return AS_SIMAS_ID_WRITES.test(username) ? username : (normalisePhoneNumber(username) ?? null);
}

/** The addresses a person logs in with, or that SIMAS-ID verified; in lower case. */
export function emailAddressesIn(claims: TokenClaims): string[] {
  const given = [
    claims['preferred_username'],
    claims['email_verified'] === true ? claims['email'] : undefined,
  ];
  return [...new Set(given.filter(isEmailAddress).map((address) => address.toLowerCase()))];
}

/** Keycloak's name for the user behind a client's own credentials. */
const SERVICE_ACCOUNT = /^service-account-/i;

/**
 * Whether the token belongs to a program: by Keycloak's name, or because its subject is the client (RFC 9068 §2.2). `client_id` alone
 * does not tell: tokens of people carry it too.
 */
export function isServiceAccount(claims: TokenClaims): boolean {
  const { sub, azp, client_id: client, preferred_username: username } = claims;
  if (sub !== undefined && (sub === azp || sub === client)) return true;
  return typeof username === 'string' && SERVICE_ACCOUNT.test(username);
}

/** `name`, else given and family name, else null (contract §6, Tokens). */
export function nameIn(claims: TokenClaims): string | null {
  const name =
    words(claims['name']) || words(`${words(claims['given_name'])} ${words(claims['family_name'])}`);
  return name === '' ? null : [...name].slice(0, MAX_NAME_LENGTH).join('');
}

function words(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
