import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import type { DeliveryStatus } from '../delivery/delivery-policy';
import type { CountedAttempt } from '../delivery/delivery.repository';
import { type Receipt, RECEIPT_STATUSES } from '../providers/receipt';

/** The attempt a receipt speaks of, and its delivery, locked. */
export interface ReportedAttempt extends CountedAttempt {
  readonly status: DeliveryStatus;
  /** Whether no other attempt came after it. */
  readonly latest: boolean;
  /** Seconds since the webhook was acknowledged. */
  readonly age: number;
}

/** Attempts as receipts find and change them. */
@Injectable()
export class ReceiptRepository {
  /** By the message's id; else, when its sending got no answer yet, by the delivery's. Locks the delivery. */
  async find(tx: Transaction, businessUnit: string, receipt: Receipt): Promise<ReportedAttempt | null> {
    const { provider, messageId, deliveryId } = receipt;
    const [found] = await tx.query<ReportedAttempt>(FIND, [businessUnit, provider, messageId, deliveryId]);
    return found ?? null;
  }

  /** Notes the receipt unless one as good or better was there; returns whether it was news. */
  async note(tx: Transaction, attempt: ReportedAttempt, receipt: Receipt): Promise<boolean> {
    const failed = receipt.status === 'failed';
    const rows = await tx.query(NOTE, [
      attempt.businessUnit,
      attempt.id,
      attempt.number,
      receipt.messageId,
      receipt.status,
      RECEIPT_STATUSES,
      failed ? receipt.outcome : null,
      failed ? (receipt.errorCode ?? null) : null,
    ]);
    return rows.length > 0;
  }

  /** The provider has the message after all, though its answer never came: no other try is needed. */
  async taken(tx: Transaction, attempt: ReportedAttempt): Promise<void> {
    await tx.query(
      `UPDATE otp_delivery SET status = 'accepted', due_at = expires_at, updated_at = clock_timestamp()
       WHERE business_unit = $1 AND id = $2 AND claims = $3 AND via = $4 AND status IN ('queued', 'sending')`,
      [attempt.businessUnit, attempt.id, attempt.number, attempt.channel],
    );
  }

  /** The person has the code: nothing is sent any more, and the code is erased. */
  async arrived(tx: Transaction, attempt: ReportedAttempt, status: 'delivered' | 'read'): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE otp_delivery SET status = $3, reason = NULL, sealed = NULL, key_id = NULL, updated_at = clock_timestamp()
       WHERE business_unit = $1 AND id = $2 AND status NOT IN ('read', $3) RETURNING id`,
      [attempt.businessUnit, attempt.id, status],
    );
    return rows.length > 0;
  }
}

/** Attempts are looked up first and the delivery is locked before one of them is changed, as in every transaction. */
const FIND = `
WITH known AS (
  SELECT delivery_id, number FROM otp_attempt
  WHERE business_unit = $1 AND provider = $2 AND provider_message_id = $3
), unanswered AS (
  SELECT delivery_id, number FROM otp_attempt
  WHERE business_unit = $1 AND delivery_id = $4::uuid AND provider = $2 AND provider_message_id IS NULL
    AND (outcome IS NULL OR outcome = 'unknown') AND NOT EXISTS (SELECT FROM known)
  ORDER BY number DESC LIMIT 1
), found AS (SELECT * FROM known UNION ALL SELECT * FROM unanswered LIMIT 1)
SELECT d.business_unit AS "businessUnit", d.id, f.number, a.channel, d.status, f.number = d.claims AS latest, d.retries, d.unknowns,
       extract(epoch FROM d.expires_at - clock_timestamp())::float8 AS "secondsLeft",
       extract(epoch FROM clock_timestamp() - d.created_at)::float8 AS age
FROM found f
JOIN otp_attempt a ON a.business_unit = $1 AND a.delivery_id = f.delivery_id AND a.number = f.number
JOIN otp_delivery d ON d.business_unit = $1 AND d.id = f.delivery_id
FOR UPDATE OF d`;

const NOTE = `
UPDATE otp_attempt
SET receipt = $5, provider_message_id = coalesce(provider_message_id, $4),
    outcome = coalesce($7, CASE WHEN outcome IS NULL OR outcome = 'unknown' THEN 'accepted' ELSE outcome END),
    error_code = coalesce($8, error_code)
WHERE business_unit = $1 AND delivery_id = $2 AND number = $3
  AND coalesce(array_position($6::text[], receipt), 0) < array_position($6::text[], $5::text)
RETURNING number`;
