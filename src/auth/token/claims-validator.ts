import { Inject, Injectable } from '@nestjs/common';
import { type BusinessUnit, BusinessUnits } from '../../business-units';
import { Clock } from '../../platform/time';
import { type AuthSettings, authSettings } from '../auth.settings';
import type { UserCaller } from '../caller';
import type { TokenClaims } from './access-token';
import { emailAddressesIn, isServiceAccount, nameIn, phoneNumberIn } from './person';
import { type Reason, TokenRefused } from './token-refused';

const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
const MAX_SUBJECT_LENGTH = 255;

/** One thing that must hold of a token's claims. */
export interface ClaimRule {
  readonly about: readonly string[];
  /** In words for an operator. */
  readonly wanted: string;
  /** How the claims break it; of a claim that another rule refuses it says nothing. */
  readonly brokenBy: (claims: TokenClaims, now: number) => Reason | undefined;
}

/** Judges what a token claims (`simas-id.md` §5.5): for whom it is, from whom, until when, and whom it names. */
@Injectable()
export class ClaimsValidator {
  /** In the order in which they are judged: the first that is broken is the reason for a refusal. */
  readonly rules: readonly ClaimRule[];
  readonly #partyRequired: boolean;

  constructor(
    @Inject(authSettings.token) { values }: AuthSettings,
    private readonly units: BusinessUnits,
    private readonly clock: Clock,
  ) {
    this.#partyRequired = values.SIMAS_ID_AZP === 'require';
    const issuer = values.SIMAS_ID_ISSUER;
    const clients = units.all.map(
      ({ id, authorizedParties }) => `${id} (${[...authorizedParties].join(', ')})`,
    );
    this.rules = [
      rule(['iss'], `exactly ${issuer} (SIMAS_ID_ISSUER)`, 'issuer_wrong', ({ iss }) => iss !== issuer),
      // An ID token has the client id in `aud` and is signed with the same key: only `typ` tells it apart.
      rule(['typ'], 'Bearer: an access token', 'type_not_access', ({ typ }) => typ !== 'Bearer'),
      ...timeRules(values.SIMAS_ID_CLOCK_SKEW_SECONDS),
      {
        about: ['aud', 'azp'],
        wanted: `one business unit in aud, one of its clients in azp: ${clients.join('; ')}`,
        brokenBy: (claims) => {
          const meant = this.#audience(claims);
          return typeof meant === 'string' ? meant : undefined;
        },
      },
      rule(
        ['sub'],
        `text of 1 to ${MAX_SUBJECT_LENGTH} characters`,
        'subject_missing',
        ({ sub }) => typeof sub !== 'string' || sub.trim() === '' || sub.length > MAX_SUBJECT_LENGTH,
      ),
      rule(['sub', 'preferred_username'], 'a person, and no service account', 'service_account', (claims) =>
        isServiceAccount(claims),
      ),
    ];
  }

  /**
   * The person and business unit the claims name.
   * @throws TokenRefused
   */
  validate(claims: TokenClaims): UserCaller {
    const now = this.clock.now() / 1000;
    for (const { brokenBy } of this.rules) {
      const reason = brokenBy(claims, now);
      if (reason !== undefined) throw new TokenRefused(reason);
    }
    const meant = this.#audience(claims);
    if (typeof meant === 'string') throw new TokenRefused(meant);
    return {
      kind: 'user',
      businessUnit: meant.id,
      subject: String(claims['sub']),
      phoneNumber: phoneNumberIn(claims),
      emailAddresses: emailAddressesIn(claims),
      name: nameIn(claims),
      expiresAt: new Date(Number(claims['exp']) * 1000),
    };
  }

  /** Exactly one configured unit must be meant; of several, `azp` says which one (contract §6, Tokens). */
  #audience({ aud, azp }: TokenClaims): BusinessUnit | Reason {
    const named: unknown[] = Array.isArray(aud) ? aud : [aud];
    const meant: BusinessUnit[] = [];
    for (const id of named) {
      if (typeof id !== 'string' || id === '') return 'audience_malformed';
      const unit = this.units.find(id);
      if (unit !== undefined && !meant.includes(unit)) meant.push(unit);
    }
    if (named.length === 0) return 'audience_malformed';
    const [only, ...others] = meant;
    if (only === undefined) return 'audience_wrong';
    if (azp === undefined) {
      if (others.length > 0) return 'audience_ambiguous';
      return this.#partyRequired ? 'party_missing' : only;
    }
    const issuedTo = meant.filter((unit) => typeof azp === 'string' && unit.authorizedParties.has(azp));
    const [unit, ...more] = issuedTo;
    if (unit === undefined) return 'party_wrong';
    return more.length > 0 ? 'audience_ambiguous' : unit;
  }
}

function rule(
  about: readonly string[],
  wanted: string,
  reason: Reason,
  isBroken: (claims: TokenClaims, now: number) => boolean,
): ClaimRule {
  return { about, wanted, brokenBy: (claims, now) => (isBroken(claims, now) ? reason : undefined) };
}

/** @param skew seconds that SIMAS-ID's clock and ours may differ */
function timeRules(skew: number): ClaimRule[] {
  const within = `with ${skew} s for the clocks (SIMAS_ID_CLOCK_SKEW_SECONDS)`;
  // Keycloak before version 10 writes `nbf: 0` for a time it does not set: valid since 1970 (RFC 7519 §4.1.5).
  const isTimeOrNone = (value: unknown): boolean => value === undefined || isTime(value);
  return [
    rule(['exp'], 'whole seconds since 1970', 'expiry_missing', ({ exp }) => !isTime(exp)),
    rule(
      ['nbf', 'iat'],
      'whole seconds since 1970, where they are there',
      'times_malformed',
      ({ nbf, iat }) => !isTimeOrNone(iat) || !(nbf === 0 || isTimeOrNone(nbf)),
    ),
    rule(['exp'], `not past, ${within}`, 'expired', ({ exp }, now) => isTime(exp) && now >= exp + skew),
    rule(
      ['nbf'],
      `not to come, ${within}`,
      'not_yet_valid',
      ({ nbf }, now) => isTime(nbf) && nbf > now + skew,
    ),
    rule(
      ['iat'],
      `not to come, ${within}`,
      'issued_in_future',
      ({ iat }, now) => isTime(iat) && iat > now + skew,
    ),
    rule(
      ['iat', 'exp'],
      'iat before exp',
      'times_malformed',
      ({ iat, exp }) => isTime(iat) && isTime(exp) && iat > exp,
    ),
    rule(
      ['iat', 'exp'],
      `exp at most ${MAX_LIFETIME_SECONDS / 3600} hours after iat, or after now without one`,
      'lifetime_too_long',
      ({ iat, exp }, now) => isTime(exp) && exp - (isTime(iat) ? iat : now - skew) > MAX_LIFETIME_SECONDS,
    ),
  ];
}

/** A NumericDate (RFC 7519 §2) as Keycloak writes it: whole seconds. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
