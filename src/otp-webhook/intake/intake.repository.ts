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
  /** Until the unit may send anything new by this channel; repeats of what was accepted are answered all the same. */
  readonly heldSeconds: number;
}

export type Acceptance =
  /** `replayed`: by `Idempotency-Key`; `repeat`: the same request inside the dedupe window. */
  | { readonly outcome: 'accepted' | 'repeat' | 'replayed'; readonly id: string }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number };

interface Row {
  readonly place: number;
  readonly outcome: 'accepted' | 'repeat' | 'replayed' | 'key_reused' | 'limited';
  readonly delivery_id: string;
  readonly retry_after: number;
}

/** The way in: dedupe, limits, superseding and the new rows are one atomic statement (`otp_accept_all` in the migrations). */
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

  /** What became of each, in their order. */
  async acceptAll(tx: Transaction, deliveries: readonly NewDelivery[]): Promise<readonly Acceptance[]> {
    const rows = await tx.query<Row>(ACCEPT_ALL, [JSON.stringify(deliveries.map(toJson)), ...this.#windows]);
    return [...rows].sort((left, right) => left.place - right.place).map(toAcceptance);
  }
}

const ACCEPT_ALL = {
  name: 'otp accept',
  text: 'SELECT place, outcome, delivery_id, retry_after FROM otp_accept_all($1, $2, $3, $4, $5, $6, $7)',
};

/** Bytes travel as base64. */
function toJson({ digests, ...delivery }: NewDelivery, place: number): object {
  return {
    place,
    business_unit: delivery.businessUnit,
    id: delivery.id,
    channel: delivery.channel,
    masked_identifier: delivery.maskedIdentifier,
    recipient: digests.recipient.toString('base64'),
    code: digests.code.toString('base64'),
    request: digests.request.toString('base64'),
    prefix: digests.prefix?.toString('base64'),
    key: digests.idempotencyKey?.toString('base64'),
    key_id: delivery.keyId,
    sealed: delivery.sealed.toString('base64'),
    held: delivery.heldSeconds > 0 ? delivery.heldSeconds : undefined,
  };
}

function toAcceptance({ outcome, delivery_id: id, retry_after: retryAfterSeconds }: Row): Acceptance {
  if (outcome === 'limited') return { outcome, retryAfterSeconds };
  return outcome === 'key_reused' ? { outcome } : { outcome, id };
}
