import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database';
import type { Channel } from '../../providers/otp-provider';
import type { DeliveryAddress } from './delivery-jobs';
import { MIN_SECONDS_LEFT, LOST_JOB_SECONDS } from '../timing';

/** Queued deliveries whose channel takes nothing at the moment. Time is the database's, so that workers need not agree on it. */
@Injectable()
export class WaitingDeliveries {
  /** Lets a queued delivery wait; returns for how long, or null when it is not queued on this channel. */
  async postpone(tx: Transaction, key: DeliveryAddress, seconds: number): Promise<number | null> {
    const [row] = await tx.query<{ wait: number }>(POSTPONE, [
      key.businessUnit,
      key.id,
      seconds,
      MIN_SECONDS_LEFT,
      LOST_JOB_SECONDS,
      key.channel,
    ]);
    return row?.wait ?? null;
  }

  /** Lets a queued delivery go by another channel, at once. */
  async divert(tx: Transaction, key: DeliveryAddress, to: Channel): Promise<boolean> {
    const rows = await tx.query(DIVERT, [
      key.businessUnit,
      key.id,
      key.channel,
      to,
      LOST_JOB_SECONDS,
      MIN_SECONDS_LEFT,
    ]);
    return rows.length > 0;
  }
}

/** Not beyond the last moment at which sending is worth it, so that a channel that comes back in time is still used. */
const POSTPONE = `
WITH d AS (
  SELECT business_unit, id, greatest(1, least($3::float8, extract(epoch FROM expires_at - clock_timestamp()) - $4::float8 - 1))::float8 AS wait
  FROM otp_delivery WHERE business_unit = $1 AND id = $2 AND via = $6 AND status = 'queued' FOR UPDATE
)
UPDATE otp_delivery u
SET due_at = clock_timestamp() + d.wait * interval '1 second', updated_at = clock_timestamp(),
    overdue_at = least(clock_timestamp() + (d.wait + $5::float8) * interval '1 second', u.expires_at - $4::float8 * interval '1 second')
FROM d WHERE u.business_unit = d.business_unit AND u.id = d.id
RETURNING d.wait`;

const DIVERT = `
UPDATE otp_delivery
SET via = $4, retries = 0, due_at = clock_timestamp(), updated_at = clock_timestamp(),
    overdue_at = least(clock_timestamp() + $5::float8 * interval '1 second', expires_at - $6::float8 * interval '1 second')
WHERE business_unit = $1 AND id = $2 AND via = $3 AND status = 'queued'
RETURNING id`;
