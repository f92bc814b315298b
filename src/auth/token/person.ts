import { normalisePhoneNumber } from '../../platform/indonesia';

type Claims = Readonly<Record<string, unknown>>;

const LONGEST_NAME = 200;

/** How SIMAS-ID writes phone numbers. Such a one is normal already, which spares parsing it for every token. */
const AS_SIMAS_ID_WRITES = /^628\d{8,10}$/;

/** `preferred_username` as `628…`; null when it is no Indonesian mobile number. */
export function phoneNumberIn(claims: Claims): string | null {
  const username = claims['preferred_username'];
  if (typeof username !== 'string') return null;
  return AS_SIMAS_ID_WRITES.test(username) ? username : (normalisePhoneNumber(username) ?? null);
}

/** `name`, else given and family name, else null (contract §6, Tokens). */
export function nameIn(claims: Claims): string | null {
  const name =
    words(claims['name']) || words(`${words(claims['given_name'])} ${words(claims['family_name'])}`);
  return name === '' ? null : name.slice(0, LONGEST_NAME);
}

function words(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
