import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { BlindIndex } from '../../platform/crypto';
import { Database } from '../../platform/database';
import { notFound } from '../../platform/errors';
import { parsePosition, positionCursor } from '../../platform/paging';
import { identifierOf, recipientDigest } from '../intake/identifier';
import { type DeliveryStatus, STATUSES } from '../delivery/delivery-policy';
import { SHOWN_MESSAGE_IDS } from '../providers/registry';
import type { OtpDelivery, OtpDeliveryPage, OtpDeliveryQuery, OtpDeliverySummary } from './otp-delivery.dto';

/** What became of a unit's codes, as the back office reads it: nothing here can show a code. */
@Injectable()
export class OtpDeliveries {
  constructor(
    private readonly database: Database,
    private readonly index: BlindIndex,
  ) {}

  /**
   * Newest first.
   * @throws GatewayError 400 for a bad cursor or identifier
   */
  async list(businessUnit: string, query: OtpDeliveryQuery): Promise<OtpDeliveryPage> {
    const { limit, channel, status, identifier } = query;
    const recipient =
      identifier === undefined
        ? null
        : recipientDigest(this.index, businessUnit, identifierOf(identifier).value);
    const after = parsePosition(query.cursor);
    const found = await this.database.query<OtpDelivery>(
      `${SELECT}
       WHERE d.business_unit = $2
         AND ($3::bytea IS NULL OR recipient = $3) AND ($4::text IS NULL OR channel = $4) AND ($5::text IS NULL OR status = $5)
         AND ($6::timestamptz IS NULL OR (created_at, id) < ($6, $7::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $8`,
      [SHOWN_MESSAGE_IDS, businessUnit, recipient, channel, status, after?.createdAt, after?.id, limit + 1],
    );
    const data = found.slice(0, limit);
    const last = found.length > limit ? data.at(-1) : undefined;
    return {
      data,
      nextCursor: last ? positionCursor({ ...last, createdAt: new Date(last.createdAt) }) : null,
    };
  }

  async summary(businessUnit: string): Promise<OtpDeliverySummary> {
    const found = await this.database.query<{ status: DeliveryStatus; count: number }>(
      'SELECT status, count(*)::int AS count FROM otp_delivery WHERE business_unit = $1 GROUP BY status',
      [businessUnit],
    );
    const counts = new Map(found.map(({ status, count }) => [status, count]));
    return { byStatus: STATUSES.map((status) => ({ status, count: counts.get(status) ?? 0 })) };
  }

  /** @throws GatewayError 404 for an unknown id, or one of another unit */
  async one(businessUnit: string, id: string): Promise<OtpDelivery> {
    if (!isUUID(id)) throw notFound();
    const [delivery] = await this.database.query<OtpDelivery>(
      `${SELECT} WHERE d.business_unit = $2 AND d.id = $3`,
      [SHOWN_MESSAGE_IDS, businessUnit, id],
    );
    if (delivery === undefined) throw notFound();
    return delivery;
  }
}

/** RFC 3339 in UTC. */
const instant = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * As the API shows them; one statement, so that a delivery and its attempts are of the same moment. `$1` are the providers whose
 * messages' ids are shown.
 */
const SELECT = `
SELECT d.id, d.masked_identifier AS identifier, d.channel, d.status, d.reason, (
    SELECT coalesce(json_agg(json_build_object(
      'channel', a.channel, 'provider', a.provider, 'outcome', a.outcome, 'errorCode', a.error_code,
      'providerMessageId', CASE WHEN a.provider = ANY ($1::text[]) THEN a.provider_message_id END, 'receipt', a.receipt, 'possibleDuplicate', a.may_repeat,
      'startedAt', ${instant('a.started_at')}, 'durationMs', a.duration_ms) ORDER BY a.number), '[]')
    FROM otp_attempt a WHERE a.business_unit = d.business_unit AND a.delivery_id = d.id
  ) AS attempts, ${instant('d.created_at')} AS "createdAt", ${instant('d.expires_at')} AS "expiresAt",
  ${instant('d.updated_at')} AS "updatedAt"
FROM otp_delivery d`;
