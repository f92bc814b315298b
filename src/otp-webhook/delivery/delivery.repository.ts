import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database';
import type { Channel, Outcome, ProviderName } from '../channels/otp-provider';
import type { DeliveryStatus } from './delivery-policy';
import { LEAST_SECONDS_LEFT, LOST_JOB_SECONDS } from './timing';

/** A delivery that this worker alone may send now; `number` is its fence: whoever claims next has a higher one. */
export interface Claim {
  readonly businessUnit: string;
  readonly id: string;
  readonly number: number;
  readonly channel: Channel;
  readonly retries: number;
  readonly unknowns: number;
  readonly secondsLeft: number;
  readonly keyId: string;
  readonly sealed: Buffer;
}

export type ClaimResult =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'early'; readonly waitSeconds: number }
  | { readonly kind: 'over'; readonly status: 'superseded' | 'expired' };

/** How an attempt ended. */
export interface AttemptResult {
  readonly outcome: Outcome;
  readonly errorCode?: string | undefined;
  readonly messageId?: string | undefined;
  readonly durationMs?: number | undefined;
}

/** Which attempt, as it was claimed. */
export type AttemptKey = Pick<Claim, 'businessUnit' | 'id' | 'number'>;

/** Where a delivery goes after an attempt. */
export interface Move {
  /** The state it must be in, with this attempt its last one; otherwise only the attempt is recorded. */
  readonly from: 'sending' | 'accepted';
  readonly to: Extract<DeliveryStatus, 'queued' | 'accepted' | 'failed' | 'expired'>;
  readonly via: Channel;
  readonly retries: number;
  readonly unknowns: number;
  readonly waitSeconds: number;
  readonly reason: string | null;
  /** Whether the code may still be needed. */
  readonly keepSecret: boolean;
}

export interface Settled {
  /** Where it went; null when somebody else had taken it further already. */
  readonly status: DeliveryStatus | null;
  /** Seconds since the webhook was acknowledged. */
  readonly age: number;
  /** The attempt as it now stands: a receipt may have come before the answer. */
  readonly receipt: string | null;
  readonly outcome: Outcome;
}

interface ClaimRow {
  readonly verdict: 'sending' | 'early' | 'superseded' | 'expired';
  readonly wait: number;
  readonly number: number;
  readonly retries: number;
  readonly unknowns: number;
  readonly seconds_left: number;
  readonly key_id: string;
  readonly sealed: Buffer;
}

/** Deliveries as the workers change them. Time is the database's, so that workers need not agree on it. */
@Injectable()
export class DeliveryRepository {
  constructor(private readonly database: Database) {}

  /** Claims a queued delivery and counts the attempt, in one statement; null when there is nothing to claim. */
  async claim(
    key: { readonly businessUnit: string; readonly id: string; readonly channel: Channel },
    provider: ProviderName,
    leaseMs: number,
  ): Promise<ClaimResult | null> {
    const [row] = await this.database.query<ClaimRow>(CLAIM, [
      key.businessUnit,
      key.id,
      key.channel,
      provider,
      leaseMs / 1000,
      LEAST_SECONDS_LEFT,
    ]);
    if (row === undefined) return null;
    switch (row.verdict) {
      case 'early':
        return { kind: 'early', waitSeconds: row.wait };
      case 'superseded':
      case 'expired':
        return { kind: 'over', status: row.verdict };
      case 'sending': {
        const { number, retries, unknowns, seconds_left: secondsLeft, key_id: keyId, sealed } = row;
        return { kind: 'claimed', claim: { ...key, number, retries, unknowns, secondsLeft, keyId, sealed } };
      }
    }
  }

  /** Records an attempt's end and moves its delivery on, unless a newer attempt, receipt or code was faster. */
  async settle(tx: Transaction, key: AttemptKey, result: AttemptResult, move: Move): Promise<Settled> {
    const [row] = await tx.query<Settled>(SETTLE, [
      key.businessUnit,
      key.id,
      key.number,
      result.outcome,
      result.errorCode ?? null,
      result.messageId ?? null,
      result.durationMs ?? null,
      move.from,
      move.to,
      move.via,
      move.retries,
      move.unknowns,
      move.waitSeconds,
      move.reason,
      move.keepSecret,
      LOST_JOB_SECONDS,
      LEAST_SECONDS_LEFT,
    ]);
    if (row === undefined) throw new Error('an attempt vanished');
    return row;
  }

  /** Lets a queued delivery wait; returns for how long, or null when it is not queued on this channel. */
  async postpone(
    tx: Transaction,
    key: { businessUnit: string; id: string },
    seconds: number,
  ): Promise<number | null> {
    const [row] = await tx.query<{ wait: number }>(POSTPONE, [
      key.businessUnit,
      key.id,
      seconds,
      LEAST_SECONDS_LEFT,
      LOST_JOB_SECONDS,
    ]);
    return row?.wait ?? null;
  }

  /** Lets a queued delivery go by another channel, at once. */
  async divert(
    tx: Transaction,
    key: { readonly businessUnit: string; readonly id: string; readonly channel: Channel },
    to: Channel,
  ): Promise<boolean> {
    const rows = await tx.query(DIVERT, [
      key.businessUnit,
      key.id,
      key.channel,
      to,
      LOST_JOB_SECONDS,
      LEAST_SECONDS_LEFT,
    ]);
    return rows.length > 0;
  }
}

/** The row is locked first, so that accepting a newer code and claiming the older one happen one after the other. */
const CLAIM = `
WITH d AS (
  SELECT d.business_unit, d.id, d.claims + 1 AS number, d.retries, d.unknowns, d.key_id, d.sealed,
         extract(epoch FROM d.due_at - clock_timestamp())::float8 AS wait,
         extract(epoch FROM d.expires_at - clock_timestamp())::float8 AS seconds_left,
         coalesce(r.newest_code <> d.code, false) AS stale
  FROM otp_delivery d LEFT JOIN otp_recipient r USING (business_unit, recipient)
  WHERE d.business_unit = $1 AND d.id = $2 AND d.via = $3 AND d.status = 'queued'
  FOR UPDATE OF d
), judged AS (
  SELECT *, CASE WHEN stale THEN 'superseded' WHEN seconds_left < $6::float8 THEN 'expired' WHEN wait > 0.25 THEN 'early'
                 ELSE 'sending' END AS verdict
  FROM d
), changed AS (
  UPDATE otp_delivery u
  SET status = j.verdict, updated_at = clock_timestamp(),
      claims = CASE WHEN j.verdict = 'sending' THEN j.number ELSE u.claims END,
      sealed = CASE WHEN j.verdict = 'sending' THEN u.sealed END,
      key_id = CASE WHEN j.verdict = 'sending' THEN u.key_id END,
      overdue_at = clock_timestamp() + $5::float8 * interval '1 second'
  FROM judged j
  WHERE u.business_unit = j.business_unit AND u.id = j.id AND j.verdict <> 'early'
), attempt AS (
  INSERT INTO otp_attempt (business_unit, delivery_id, number, channel, provider, may_repeat, started_at)
  SELECT business_unit, id, number, $3, $4, unknowns > 0, clock_timestamp() FROM judged WHERE verdict = 'sending'
)
SELECT verdict, wait, number, retries, unknowns, seconds_left, key_id, sealed FROM judged`;

/** The delivery is locked before its attempt, here as everywhere. */
const SETTLE = `
WITH d AS (
  SELECT d.business_unit, d.id, d.status, d.claims, d.sealed IS NULL AS erased, coalesce(r.newest_code <> d.code, false) AS stale,
         extract(epoch FROM clock_timestamp() - d.created_at)::float8 AS age
  FROM otp_delivery d LEFT JOIN otp_recipient r USING (business_unit, recipient)
  WHERE d.business_unit = $1 AND d.id = $2
  FOR UPDATE OF d
), a AS (
  UPDATE otp_attempt a
  -- What a provider said stays, until its receipt says otherwise.
  SET outcome = CASE WHEN $8 = 'accepted' OR a.outcome IS NULL OR a.outcome = 'unknown' THEN $4 ELSE a.outcome END,
      error_code = CASE WHEN $8 = 'accepted' OR a.outcome IS NULL OR a.outcome = 'unknown' THEN $5 ELSE a.error_code END,
      provider_message_id = coalesce($6, a.provider_message_id),
      duration_ms = coalesce($7::integer, a.duration_ms)
  FROM d
  WHERE a.business_unit = d.business_unit AND a.delivery_id = d.id AND a.number = $3
  RETURNING a.receipt, a.outcome
), target AS (
  SELECT d.*, CASE WHEN $9 = 'queued' AND stale THEN 'superseded' WHEN $9 = 'queued' AND erased THEN 'failed' ELSE $9 END
         AS status_now
  FROM d WHERE d.status = $8 AND d.claims = $3
), moved AS (
  UPDATE otp_delivery u
  SET status = t.status_now, via = $10, retries = $11, unknowns = $12, reason = $14, updated_at = clock_timestamp(),
      due_at = clock_timestamp() + $13::float8 * interval '1 second',
      overdue_at = CASE WHEN t.status_now = 'queued'
                        THEN least(clock_timestamp() + ($13::float8 + $16::float8) * interval '1 second',
                                   u.expires_at - $17::float8 * interval '1 second')
                        ELSE u.expires_at END,
      sealed = CASE WHEN $15 AND t.status_now IN ('queued', 'accepted') THEN u.sealed END,
      key_id = CASE WHEN $15 AND t.status_now IN ('queued', 'accepted') THEN u.key_id END
  FROM target t
  WHERE u.business_unit = t.business_unit AND u.id = t.id
)
SELECT (SELECT status_now FROM target) AS status, d.age, a.receipt, a.outcome FROM d, a`;

/** Not beyond the last moment at which sending is worth it, so that a channel that comes back in time is still used. */
const POSTPONE = `
WITH d AS (
  SELECT business_unit, id, greatest(1, least($3::float8, extract(epoch FROM expires_at - clock_timestamp()) - $4::float8 - 1))::float8 AS wait
  FROM otp_delivery WHERE business_unit = $1 AND id = $2 AND status = 'queued' FOR UPDATE
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
