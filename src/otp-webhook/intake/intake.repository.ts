import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { Channel } from '../providers/otp-provider';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** A code to accept; digests are keyed (blind index), written as PostgreSQL reads them. */
export interface NewDelivery {
  readonly businessUnit: string;
  readonly id: string;
  readonly channel: Channel;
  readonly maskedIdentifier: string;
  readonly digests: {
    readonly recipient: string;
    /** What limits count, where that is not the recipient. */
    readonly counted: string | null;
    readonly code: string;
    readonly prefix: string | null;
    /** `Idempotency-Key` and what it was used for. */
    readonly idempotency: { readonly key: string; readonly request: string } | null;
  };
  readonly keyId: string;
  readonly sealed: Buffer;
  /** Until the unit may send anything new by this channel; repeats of what was accepted are answered all the same. */
  readonly heldSeconds: number;
}

/** Before the hourly quota is asked. */
export type SealedDelivery = Omit<NewDelivery, 'heldSeconds'>;

export type Acceptance =
  /** `replayed`: by `Idempotency-Key`; `repeat`: the same request inside the dedupe window. */
  | { readonly outcome: 'repeat' | 'replayed'; readonly id: string }
  /** `superseded`: the channels of older codes that this one ended. */
  | { readonly outcome: 'accepted'; readonly id: string; readonly superseded: readonly Channel[] }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number };

/** What `otp_accept_all` returns. */
interface AcceptAllRow {
  /** Codes accepted with nothing more to say of them: those that are none of the others. */
  readonly accepted: number;
  readonly others: readonly OtherDelivery[] | null;
}

interface OtherDelivery {
  /** That the delivery came with. */
  readonly id: string;
  readonly outcome: 'accepted' | 'repeat' | 'replayed' | 'key_reused' | 'limited';
  readonly delivery_id: string;
  readonly retry_after: number;
  readonly superseded: readonly Channel[] | null;
}

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
    const parameters = [JSON.stringify(toRequests(deliveries)), keysOf(deliveries), ...this.#windows];
    const [answer] = await this.database.query<AcceptAllRow>(ACCEPT_ALL, parameters);
    const others = new Map((answer?.others ?? []).map((other) => [other.id, toAcceptance(other)]));
    if ((answer?.accepted ?? 0) + others.size !== deliveries.length)
      throw new Error('the database has not said of every code what became of it');
    return deliveries.map(({ id }) => others.get(id) ?? { outcome: 'accepted', id, superseded: [] });
  }
}

const ACCEPT_ALL = {
  name: 'otp accept',
  text: 'SELECT accepted, others FROM otp_accept_all($1, $2, $3, $4, $5, $6, $7)',
};

function keysOf(deliveries: readonly NewDelivery[]): string[] {
  return deliveries.flatMap(({ digests }) => digests.idempotency?.key ?? []).sort();
}

/** In the order and with the marks that `otp_accept_all` asks for. */
function toRequests(deliveries: readonly NewDelivery[]): object[] {
  let before: string | undefined;
  return deliveries.toSorted(byWhatCounts).map((delivery) => {
    const { recipient } = delivery.digests;
    const request = toRequest(delivery, recipient !== before);
    before = recipient;
    return request;
  });
}

/** Digests in hexadecimal: as PostgreSQL sorts them, wherever the program runs. */
function byWhatCounts({ digests: left }: NewDelivery, { digests: right }: NewDelivery): number {
  return (
    inOrder(left.counted ?? left.recipient, right.counted ?? right.recipient) ||
    inOrder(left.recipient, right.recipient)
  );
}

function inOrder(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/** Bytes travel as PostgreSQL reads them. */
function toRequest(delivery: NewDelivery, firstOfRecipient: boolean): object {
  const { digests } = delivery;
  const { counted, prefix, idempotency } = digests;
  const held = delivery.heldSeconds > 0;
  return {
    business_unit: delivery.businessUnit,
    id: delivery.id,
    channel: delivery.channel,
    masked_identifier: delivery.maskedIdentifier,
    recipient: digests.recipient,
    counted: counted ?? undefined,
    code: digests.code,
    prefix: prefix ?? undefined,
    key: idempotency?.key,
    request: idempotency?.request,
    key_id: delivery.keyId,
    sealed: `\\x${delivery.sealed.toString('hex')}`,
    held: held ? delivery.heldSeconds : undefined,
    plain: firstOfRecipient && counted === null && prefix === null && idempotency === null && !held,
  };
}

function toAcceptance(other: OtherDelivery): Acceptance {
  const { outcome, delivery_id: id } = other;
  switch (outcome) {
    case 'accepted':
      return { outcome, id, superseded: other.superseded ?? [] };
    case 'repeat':
    case 'replayed':
      return { outcome, id };
    case 'key_reused':
      return { outcome };
    case 'limited':
      return { outcome, retryAfterSeconds: other.retry_after };
  }
}
