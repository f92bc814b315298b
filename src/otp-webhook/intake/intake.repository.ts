import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { Channel } from '../providers/otp-provider';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** A code to accept, as `otp_accept_all` reads it: digests are keyed (blind index), bytes written as PostgreSQL reads them. */
export interface NewDelivery {
  readonly businessUnit: string;
  readonly id: string;
  readonly channel: Channel;
  readonly maskedIdentifier: string;
  readonly recipient: string;
  /** What limits count, where that is not the recipient. */
  readonly counted?: string;
  readonly code: string;
  readonly prefix?: string;
  /** `Idempotency-Key`, and what it was used for. */
  readonly key?: string;
  readonly request?: string;
  readonly keyId: string;
  readonly sealed: string;
  /** Seconds until the unit's quota lets anything new pass by this channel; repeats of what was accepted are answered all the same. */
  readonly held?: number;
}

/** The delivery that a code became, or was already. */
export interface Accepted {
  /** `repeat`: the same request inside the dedupe window; `replayed`: by `Idempotency-Key`. */
  readonly outcome: 'accepted' | 'repeat' | 'replayed';
  readonly deliveryId: string;
  /** The channels of older codes that this one ended. */
  readonly superseded?: readonly Channel[] | null;
}

/** What became of a code, as `otp_accept` says it. */
export type Acceptance =
  | Accepted
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number };

interface AcceptedAll {
  /** How many were accepted with nothing more to say of them: those that are none of the others. */
  readonly accepted: number;
  /** By the id that the delivery came with. */
  readonly others: readonly (Acceptance & { readonly id: string })[] | null;
}

const ACCEPT_ALL = {
  name: 'otp accept',
  text: 'SELECT accepted, others FROM otp_accept_all($1, $2, $3, $4, $5, $6, $7)',
};

/** The way in: dedupe, limits, superseding and the new rows are one atomic statement (`otp_accept_all` in the migrations). */
@Injectable()
export class IntakeRepository {
  readonly #windows: readonly unknown[];

  constructor(
    @Inject(otpSettings.token) { values }: OtpSettings,
    private readonly database: Database,
  ) {
    this.#windows = [
      `${values.OTP_TTL_SECONDS} s`,
      `${values.OTP_DEDUPE_SECONDS} s`,
      values.OTP_LIMIT_PER_10_MINUTES,
      values.OTP_LIMIT_PER_DAY,
      values.OTP_LIMIT_PER_PREFIX_10_MINUTES,
    ];
  }

  /** What became of each, in their order. */
  async acceptAll(deliveries: readonly NewDelivery[]): Promise<readonly Acceptance[]> {
    const keys = deliveries.flatMap(({ key }) => key ?? []).sort();
    const parameters = [JSON.stringify(toRequests(deliveries)), keys, ...this.#windows];
    const [answer] = await this.database.query<AcceptedAll>(ACCEPT_ALL, parameters);
    const others = new Map((answer?.others ?? []).map((other) => [other.id, other]));
    if ((answer?.accepted ?? 0) + others.size !== deliveries.length)
      throw new Error('the database has not said of every code what became of it');
    return deliveries.map(({ id }) => others.get(id) ?? { outcome: 'accepted', deliveryId: id });
  }
}

/** In the order and with the marks that `otp_accept_all` asks for. */
function toRequests(deliveries: readonly NewDelivery[]): object[] {
  let before: string | undefined;
  return deliveries.toSorted(byWhatCounts).map((delivery) => {
    const { recipient, counted, prefix, key, held } = delivery;
    const plain = recipient !== before && (counted ?? prefix ?? key) === undefined && !held;
    before = recipient;
    return { ...delivery, plain };
  });
}

/** Digests in hexadecimal: as PostgreSQL sorts them, wherever the program runs. */
function byWhatCounts(left: NewDelivery, right: NewDelivery): number {
  const key = ({ counted, recipient }: NewDelivery): string => `${counted ?? recipient} ${recipient}`;
  return key(left) < key(right) ? -1 : Number(key(left) > key(right));
}
