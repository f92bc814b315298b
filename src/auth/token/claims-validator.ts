import { Inject, Injectable } from '@nestjs/common';
import { type BusinessUnit, BusinessUnits } from '../../business-units';
import { Clock } from '../../platform/time';
import { type AuthSettings, authSettings } from '../auth.settings';
import type { UserCaller } from '../caller';
import type { TokenClaims } from './access-token';
import { emailAddressesIn, isServiceAccount, nameIn, phoneNumberIn } from './person';
import { TokenRefused } from './token-refused';

const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
const MAX_SUBJECT_LENGTH = 255;

/** Judges what a token claims (`simas-id.md` §5.5): for whom it is, from whom, until when, and whom it names. */
@Injectable()
export class ClaimsValidator {
  readonly #issuer: string;
  readonly #skewSeconds: number;
  readonly #partyRequired: boolean;

  constructor(
    @Inject(authSettings.token) { values }: AuthSettings,
    private readonly units: BusinessUnits,
    private readonly clock: Clock,
  ) {
    this.#issuer = values.SIMAS_ID_ISSUER;
    this.#skewSeconds = values.SIMAS_ID_CLOCK_SKEW_SECONDS;
    this.#partyRequired = values.SIMAS_ID_AZP === 'require';
  }

  /**
   * The person and business unit the claims name.
   * @throws TokenRefused
   */
  validate(claims: TokenClaims): UserCaller {
    if (claims['iss'] !== this.#issuer) throw new TokenRefused('issuer_wrong');
    // An ID token has the client id in `aud` and is signed with the same key: only `typ` tells it apart.
    if (claims['typ'] !== 'Bearer') throw new TokenRefused('type_not_access');
    const expiry = this.#judgeTimes(claims);
    const businessUnit = this.#audience(claims).id;
    const subject = claims['sub'];
    if (typeof subject !== 'string' || subject.trim() === '' || subject.length > MAX_SUBJECT_LENGTH)
      throw new TokenRefused('subject_missing');
    if (isServiceAccount(claims)) throw new TokenRefused('service_account');
    return {
      kind: 'user',
      businessUnit,
      subject,
      phoneNumber: phoneNumberIn(claims),
      emailAddresses: emailAddressesIn(claims),
      name: nameIn(claims),
      expiresAt: new Date(expiry * 1000),
    };
  }

  /** Returns `exp`. */
  #judgeTimes({ exp, nbf, iat }: TokenClaims): number {
    const now = this.clock.now() / 1000;
    const skew = this.#skewSeconds;
    if (!isTime(exp)) throw new TokenRefused('expiry_missing');
    // Keycloak before version 10 writes `nbf: 0` for a time it does not set: valid since 1970 (RFC 7519 §4.1.5).
    if ((nbf !== undefined && nbf !== 0 && !isTime(nbf)) || (iat !== undefined && !isTime(iat)))
      throw new TokenRefused('times_malformed');
    if (now >= exp + skew) throw new TokenRefused('expired');
    if (nbf !== undefined && nbf > now + skew) throw new TokenRefused('not_yet_valid');
    if (iat !== undefined && iat > now + skew) throw new TokenRefused('issued_in_future');
    if (iat !== undefined && iat > exp) throw new TokenRefused('times_malformed');
    if (exp - (iat ?? now - skew) > MAX_LIFETIME_SECONDS) throw new TokenRefused('lifetime_too_long');
    return exp;
  }

  /** Exactly one configured unit must be meant; of several, `azp` says which one (contract §6, Tokens). */
  #audience({ aud, azp }: TokenClaims): BusinessUnit {
    const named: unknown[] = Array.isArray(aud) ? aud : [aud];
    const meant: BusinessUnit[] = [];
    for (const id of named) {
      if (typeof id !== 'string' || id === '') throw new TokenRefused('audience_malformed');
      const unit = this.units.find(id);
      if (unit !== undefined && !meant.includes(unit)) meant.push(unit);
    }
    if (named.length === 0) throw new TokenRefused('audience_malformed');
    const [only, ...others] = meant;
    if (only === undefined) throw new TokenRefused('audience_wrong');
    if (azp === undefined) {
      if (others.length > 0) throw new TokenRefused('audience_ambiguous');
      if (this.#partyRequired) throw new TokenRefused('party_missing');
      return only;
    }
    const issuedTo = meant.filter((unit) => typeof azp === 'string' && unit.authorizedParties.has(azp));
    const [unit, ...more] = issuedTo;
    if (unit === undefined) throw new TokenRefused('party_wrong');
    if (more.length > 0) throw new TokenRefused('audience_ambiguous');
    return unit;
  }
}

/** A NumericDate (RFC 7519 §2) as Keycloak writes it: whole seconds. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
