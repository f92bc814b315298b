import { createHash, randomUUID } from 'node:crypto';

const DEFAULT_LIFETIME_SECONDS = 3600;
/** The realm's role for officers of a health facility. */
export const OFFICER_ROLE = 'satusehat-officer';

/** Who logs in, into which business unit, and what is to be odd about the token. */
export interface TokenRequest {
  readonly unit: string;
  /** Any usual spelling; becomes `628…` when it is an Indonesian mobile number, else it stays as it is. */
  readonly phoneNumber: string;
  /** Default: a UUID that stays the same for this unit and phone number. */
  readonly sub?: string;
  /** Given and family name; default `John Doe`. */
  readonly name?: string;
  /** An address that SIMAS-ID has verified; none by default. */
  readonly email?: string;
  /** Whether they are an officer of the unit's health facility. */
  readonly officer?: boolean;
  /** Default 3600; negative = already expired. */
  readonly lifetimeSeconds?: number;
  /** Replaces claims; a claim given as undefined is left out. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Replaces members of the JOSE header. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** The claims of a Keycloak access token; partner page "Validating Access Token" shows iss, aud as an array, and azp. */
export function accessTokenClaims(request: TokenRequest, issuer: string, now: Date): Record<string, unknown> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const phone = indonesianNumber(request.phoneNumber);
  const [givenName = '', ...familyNames] = (request.name ?? 'John Doe').trim().split(/\s+/);
  return {
    exp: issuedAt + (request.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS),
    iat: issuedAt,
    jti: randomUUID(),
    iss: issuer,
    aud: [request.unit],
    sub: request.sub ?? subjectOf(request.unit, phone),
    typ: 'Bearer',
    azp: request.unit,
    sid: randomUUID(),
    acr: '1',
    scope: 'openid profile phone',
    ...(request.officer === true ? { realm_access: { roles: [OFFICER_ROLE] } } : {}),
    ...(request.email === undefined || request.email === '' ? {} : { email: request.email }),
    email_verified: request.email !== undefined && request.email !== '',
    preferred_username: phone,
    given_name: givenName,
    ...(familyNames.length === 0 ? {} : { family_name: familyNames.join(' ') }),
    name: [givenName, ...familyNames].join(' '),
    ...request.overrides,
  };
}

/** `08…`, `8…`, `+62 8…` → `628…`. */
export function indonesianNumber(input: string): string {
  const digits = input.replace(/[\s().-]/g, '').replace(/^\+/, '');
  const match = /^(?:62|0)?(8\d{7,12})$/.exec(digits);
  return match?.[1] === undefined ? input : `62${match[1]}`;
}

function subjectOf(unit: string, phone: string): string {
  const hex = createHash('sha256').update(`simas-id ${unit} ${phone}`).digest('hex');
  // The shape of a version 4 UUID, as Keycloak's user ids have.
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
