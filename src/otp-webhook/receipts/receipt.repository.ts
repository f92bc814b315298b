import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { DeliveryStatus } from '../delivery/delivery-policy';
import type { CountedAttempt } from '../delivery/delivery.repository';
import { type Receipt, RECEIPT_STATUSES } from '../providers/receipts';

/** The attempt a receipt speaks of, and its delivery as it was before. */
export interface ReportedAttempt extends CountedAttempt {
  readonly status: DeliveryStatus;
  /** Whether no other attempt came after it. */
  readonly latest: boolean;
  /** Seconds since the webhook was acknowledged. */
  readonly age: number;
  /** Whether no receipt as good or better was there. */
  readonly isNews: boolean;
  /** Whether the delivery moved on. */
  readonly moved: boolean;
}

/** Attempts and deliveries as receipts find and change them. */
@Injectable()
export class ReceiptRepository {
  constructor(private readonly database: Database) {}

  /** Null where no attempt of the unit is meant. */
  async apply(businessUnit: string, receipt: Receipt): Promise<ReportedAttempt | null> {
    const { provider, messageId, deliveryId, status } = receipt;
    const { outcome, errorCode } = status === 'failed' ? receipt : {};
    const about = [businessUnit, provider, messageId, deliveryId];
    const parameters = [...about, status, RECEIPT_STATUSES, outcome, errorCode];
    const [reported] = await this.database.query<ReportedAttempt>(APPLY, parameters);
    return reported ?? null;
  }
}

/**
 * The attempt is found by the message's id; else, when its sending got no answer yet, by the delivery's. The delivery is locked before its
 * attempt, as everywhere. `sent`: the provider has the message after all, though its answer may never have come, so that no other try is
 * needed. `delivered`, `read`: the person has the code, nothing is sent any more, and the code is erased.
 */
const APPLY = `
WITH known AS (
  SELECT delivery_id, number FROM otp_attempt
  WHERE business_unit = $1 AND provider = $2 AND provider_message_id = $3
), unanswered AS (
  SELECT delivery_id, number FROM otp_attempt
  WHERE business_unit = $1 AND delivery_id = $4::uuid AND provider = $2 AND provider_message_id IS NULL
    AND (outcome IS NULL OR outcome = 'unknown') AND NOT EXISTS (SELECT FROM known)
  ORDER BY number DESC LIMIT 1
), found AS (SELECT * FROM known UNION ALL SELECT * FROM unanswered LIMIT 1),
d AS (
  SELECT d.*, f.number, a.channel AS sent_by
  FROM found f
  JOIN otp_attempt a ON a.business_unit = $1 AND a.delivery_id = f.delivery_id AND a.number = f.number
  JOIN otp_delivery d ON d.business_unit = $1 AND d.id = f.delivery_id
  FOR UPDATE OF d
), noted AS (
  UPDATE otp_attempt a
  SET receipt = $5, provider_message_id = coalesce(provider_message_id, $3),
      outcome = coalesce($7, CASE WHEN outcome IS NULL OR outcome = 'unknown' THEN 'accepted' ELSE outcome END),
      error_code = coalesce($8, error_code)
  FROM d
  WHERE a.business_unit = $1 AND a.delivery_id = d.id AND a.number = d.number
    AND coalesce(array_position($6::text[], a.receipt), 0) < array_position($6::text[], $5::text)
  RETURNING a.number
), moved AS (
  UPDATE otp_delivery u
  SET status = CASE $5 WHEN 'sent' THEN 'accepted' ELSE $5 END, reason = NULL, due_at = u.expires_at, updated_at = clock_timestamp(),
      sealed = CASE $5 WHEN 'sent' THEN u.sealed END, key_id = CASE $5 WHEN 'sent' THEN u.key_id END
  FROM d JOIN noted ON true
  WHERE u.business_unit = $1 AND u.id = d.id AND CASE $5
    WHEN 'sent' THEN u.claims = d.number AND u.via = d.sent_by AND u.status IN ('queued', 'sending')
    WHEN 'failed' THEN false
    ELSE u.status NOT IN ('read', $5) END
  RETURNING u.id
)
SELECT d.business_unit AS "businessUnit", d.id, d.number, d.sent_by AS channel, d.status, d.number = d.claims AS latest, d.retries, d.unknowns,
       extract(epoch FROM d.expires_at - clock_timestamp())::float8 AS "secondsLeft",
       extract(epoch FROM clock_timestamp() - d.created_at)::float8 AS age,
       EXISTS (SELECT FROM noted) AS "isNews", EXISTS (SELECT FROM moved) AS moved
FROM d`;
