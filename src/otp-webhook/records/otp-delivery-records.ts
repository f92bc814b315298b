import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { ListPosition } from '../../platform/paging';
import type { Channel } from '../providers/otp-provider';
import type { DeliveryStatus } from '../delivery/delivery-policy';
import type { OtpAttempt, OtpDelivery } from './otp-delivery.dto';

/** What a list is narrowed to. */
export interface RecordFilter {
  /** Digest of the identifier. */
  readonly recipient: string | null;
  readonly channel: Channel | null;
  readonly status: DeliveryStatus | null;
}

interface DeliveryRow {
  readonly id: string;
  readonly masked_identifier: string | null;
  readonly channel: string;
  readonly status: string;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly updated_at: Date;
  readonly attempts: readonly AttemptRow[];
}

/** As JSON: instants are texts. */
interface AttemptRow {
  readonly channel: string;
  readonly provider: string;
  readonly outcome: string | null;
  readonly error_code: string | null;
  readonly provider_message_id: string | null;
  readonly receipt: string | null;
  readonly may_repeat: boolean;
  readonly started_at: string;
  readonly duration_ms: number | null;
}

/** One statement, so that a delivery and its attempts are of the same moment. */
const SELECT = `SELECT d.id, d.masked_identifier, d.channel, d.status, d.reason, d.created_at, d.expires_at, d.updated_at,
    (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.number), '[]') FROM otp_attempt a
      WHERE a.business_unit = d.business_unit AND a.delivery_id = d.id) AS attempts
  FROM otp_delivery d`;

/** Deliveries as the back office reads them: nothing here can show a code. */
@Injectable()
export class OtpDeliveryRecords {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async list(
    businessUnit: string,
    filter: RecordFilter,
    after: ListPosition | null,
    limit: number,
  ): Promise<readonly OtpDelivery[]> {
    const rows = await this.database.query<DeliveryRow>(
      `${SELECT}
       WHERE d.business_unit = $1
         AND ($2::bytea IS NULL OR recipient = $2) AND ($3::text IS NULL OR channel = $3) AND ($4::text IS NULL OR status = $4)
         AND ($5::timestamptz IS NULL OR (created_at, id) < ($5, $6::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $7`,
      [
        businessUnit,
        filter.recipient,
        filter.channel,
        filter.status,
        after?.createdAt ?? null,
        after?.id ?? null,
        limit,
      ],
    );
    return rows.map(toDelivery);
  }

  async one(businessUnit: string, id: string): Promise<OtpDelivery | null> {
    const rows = await this.database.query<DeliveryRow>(
      `${SELECT} WHERE d.business_unit = $1 AND d.id = $2`,
      [businessUnit, id],
    );
    const [row] = rows;
    return row === undefined ? null : toDelivery(row);
  }
}

function toDelivery(row: DeliveryRow): OtpDelivery {
  return {
    id: row.id,
    identifier: row.masked_identifier,
    channel: row.channel,
    status: row.status,
    reason: row.reason,
    attempts: row.attempts.map(toAttempt),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function toAttempt(row: AttemptRow): OtpAttempt {
  return {
    channel: row.channel,
    provider: row.provider,
    outcome: row.outcome,
    errorCode: row.error_code,
    providerMessageId: row.provider_message_id,
    receipt: row.receipt,
    possibleDuplicate: row.may_repeat,
    startedAt: new Date(row.started_at).toISOString(),
    durationMs: row.duration_ms,
  };
}
