import { Inject, Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import type { Channel } from '../channels/otp-provider';
import { LOST_JOB_SECONDS } from '../delivery/timing';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** A code to accept; digests are keyed (blind index). */
export interface NewDelivery {
  readonly businessUnit: string;
  readonly id: string;
  readonly channel: Channel;
  readonly maskedIdentifier: string;
  readonly digests: {
    readonly recipient: Buffer;
    readonly code: Buffer;
    readonly request: Buffer;
    readonly prefix: Buffer | null;
    readonly idempotencyKey: Buffer | null;
  };
  readonly keyId: string;
  readonly sealed: Buffer;
}

export type Acceptance =
  /** `replayed`: by `Idempotency-Key`; `repeat`: the same request inside the dedupe window. */
  | { readonly outcome: 'accepted' | 'repeat' | 'replayed'; readonly id: string }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number };

interface Row {
  readonly outcome: 'accepted' | 'repeat' | 'replayed' | 'key_reused' | 'limited';
  readonly delivery_id: string;
  readonly retry_after: number;
}

/** The way in: dedupe, limits, superseding and the new row are one atomic statement (`otp_accept` in the migration). */
@Injectable()
export class IntakeRepository {
  readonly #windows: readonly unknown[];

  constructor(@Inject(otpSettings.token) { values }: OtpSettings) {
    this.#windows = [
      `${values.OTP_TTL_SECONDS} s`,
      `${values.OTP_DEDUPE_SECONDS} s`,
      values.OTP_LIMIT_PER_10_MINUTES,
      values.OTP_LIMIT_PER_DAY,
      values.OTP_LIMIT_PER_PREFIX_10_MINUTES,
      `${LOST_JOB_SECONDS} s`,
    ];
  }

  async accept(tx: Transaction, delivery: NewDelivery): Promise<Acceptance> {
    const { digests } = delivery;
    const [row] = await tx.query<Row>(
      'SELECT * FROM otp_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)',
      [
        delivery.businessUnit,
        delivery.id,
        delivery.channel,
        delivery.maskedIdentifier,
        digests.recipient,
        digests.code,
        digests.request,
        digests.prefix,
        digests.idempotencyKey,
        delivery.keyId,
        delivery.sealed,
        ...this.#windows,
      ],
    );
    if (row === undefined) throw new Error('otp_accept returned nothing');
    if (row.outcome === 'limited') return { outcome: 'limited', retryAfterSeconds: row.retry_after };
    if (row.outcome === 'key_reused') return { outcome: 'key_reused' };
    return { outcome: row.outcome, id: row.delivery_id };
  }
}
