import type { Deadline } from '../platform/time';

/** A person, proven by a SIMAS-ID access token. */
export interface UserCaller {
  readonly kind: 'user';
  readonly businessUnit: string;
  /** `sub`: the person, within SIMAS-ID. Phones are reassigned, subjects are not. */
  readonly subject: string;
  /** `628…`; null when `preferred_username` is no Indonesian mobile number. */
  readonly phoneNumber: string | null;
  /** What they log in with, or SIMAS-ID verified; in lower case. */
  readonly emailAddresses: readonly string[];
  readonly name: string | null;
  /** When the token ends. */
  readonly expiresAt: Date;
}

/** A business unit's back office, proven by one of the unit's API credentials. */
export interface BackOfficeCaller {
  readonly kind: 'back-office';
  readonly businessUnit: string;
  /** User name of the credential that was used; safe to log. */
  readonly credential: string;
}

/** A partner calling back on behalf of a business unit. */
export interface PartnerCaller {
  readonly kind: 'partner';
  readonly businessUnit: string;
  readonly partner: string;
}

export type Caller = UserCaller | BackOfficeCaller | PartnerCaller;

/** Who asks, under which request, and until when an answer is of use: what everything done for a caller starts with. */
export interface Context<C extends Caller = Caller> {
  readonly requestId: string;
  readonly caller: C;
  readonly deadline: Deadline;
}
