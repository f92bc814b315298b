import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import type { Channel, Outcome, SendResult } from '../providers/otp-provider';
import type { ChannelAccount } from './channel-accounts';
import { type DeliveryStatus, MIN_SECONDS_LEFT, type Next } from './delivery-policy';
import type { AccountKey } from './due-notifier';

/** An attempt as it was claimed. */
export interface CountedAttempt extends AccountKey {
  readonly id: string;
  /** The fence: the next claim has a higher one. */
  readonly number: number;
  readonly retries: number;
  readonly unknowns: number;
  readonly secondsLeft: number;
}

/** A delivery that this worker alone may send now. */
export interface Claim extends CountedAttempt {
  readonly keyId: string;
  readonly sealed: Buffer;
}

/** What was due of an account. */
export interface DueDeliveries {
  readonly claims: readonly Claim[];
  /** How many were not claimed, because a newer code had come. */
  readonly superseded: number;
}

/** How an attempt ended. */
export interface AttemptResult extends SendResult {
  readonly durationMs?: number | undefined;
}

/** Where a delivery goes after an attempt. */
export interface Move extends Next {
  /** The state it must be in, with this attempt its last one; otherwise only the attempt is recorded, unless its answer was just late. */
  readonly from: 'sending' | 'accepted';
  readonly via: Channel;
  /** Whether the code of a message that was taken may be needed once more. */
  readonly keepsCode?: boolean;
}

export interface RecordedAttempt {
  /** Where it went; null when it had moved on already, a receipt says that it failed, or it was forgotten. */
  readonly status: DeliveryStatus | null;
  /** Seconds since the webhook was acknowledged. */
  readonly age: number;
  /** The attempt as it now stands: a receipt may have come before the answer. */
  readonly receipt: string | null;
  readonly outcome: Outcome;
}

/** What of an account waits to be sent. */
export interface Backlog extends AccountKey {
  readonly waiting: number;
  /** Seconds since the first of them was due. */
  readonly age: number;
}

const MAX_TAKEN_OVER = 200;

/**
 * Deliveries as the queue that they are: `due_at` is when somebody must look at a row whose code is not erased. Of one that is
 * queued it is the next try, of one that is being sent the end of its lease, of one that was taken the end of its code.
 * Time is the database's; rows are found by `now()`, because no index serves `clock_timestamp()`.
 */
@Injectable()
export class DeliveryRepository {
  constructor(private readonly database: Database) {}

  /** Takes what is due of an account, at most `places`, and counts the attempts before they are made. */
  async claim(
    { businessUnit, channel, provider }: ChannelAccount,
    places: number,
    leaseMs: number,
  ): Promise<DueDeliveries> {
    const rows = await this.database.query<Claim & { readonly stale: boolean }>(CLAIM, [
      businessUnit,
      channel,
      provider.name,
      places,
      leaseMs / 1000,
      MIN_SECONDS_LEFT,
    ]);
    const claims = rows.filter(({ stale }) => !stale);
    return { claims, superseded: rows.length - claims.length };
  }

  /** Records an attempt's end and moves its delivery on, unless a newer attempt, receipt or code came first. */
  async record(
    { businessUnit, id, number }: CountedAttempt,
    { outcome, errorCode, messageId, durationMs }: AttemptResult,
    move: Move,
  ): Promise<RecordedAttempt> {
    const end = { businessUnit, id, number, outcome, errorCode, messageId, durationMs, ...move };
    const [row] = await this.database.query<RecordedAttempt>(RECORD, [JSON.stringify(end)]);
    return row ?? { status: null, age: 0, receipt: null, outcome };
  }

  /** Lets what is due of an account go by another channel; returns how many. */
  async divert({ businessUnit, channel }: AccountKey, to: Channel): Promise<number> {
    const rows = await this.database.query(
      `WITH due AS (
         SELECT business_unit, id FROM otp_delivery
         WHERE business_unit = $1 AND via = $2 AND status = 'queued' AND sealed IS NOT NULL AND due_at <= now()
         FOR UPDATE SKIP LOCKED
       )
       UPDATE otp_delivery d SET via = $3, retries = 0, due_at = clock_timestamp(), updated_at = clock_timestamp()
       FROM due WHERE d.business_unit = due.business_unit AND d.id = due.id
       RETURNING d.id`,
      [businessUnit, channel, to],
    );
    return rows.length;
  }

  /** Ends what waits and cannot be sent in time any more; erases codes that were taken and never reported on. */
  async endExpired(): Promise<readonly Channel[]> {
    const rows = await this.database.query<{ via: Channel; status: string }>(
      `UPDATE otp_delivery
       SET status = CASE WHEN status = 'queued' THEN 'expired' ELSE status END, reason = CASE WHEN status = 'queued' THEN 'deadline' END,
           sealed = NULL, key_id = NULL, updated_at = clock_timestamp()
       -- Rows that are locked come with the next look.
       WHERE (business_unit, id) IN (
         SELECT business_unit, id FROM otp_delivery
         WHERE sealed IS NOT NULL AND due_at <= now()
           AND (status = 'queued' AND expires_at <= clock_timestamp() + $1::float8 * interval '1 second'
             OR status = 'accepted' AND expires_at <= clock_timestamp())
         FOR UPDATE SKIP LOCKED)
       RETURNING via, status`,
      [MIN_SECONDS_LEFT],
    );
    return rows.flatMap(({ via, status }) => (status === 'expired' ? [via] : []));
  }

  /** Attempts whose worker's lease has run out. */
  abandoned(): Promise<readonly CountedAttempt[]> {
    return this.database.query<CountedAttempt>(
      `SELECT business_unit AS "businessUnit", id, claims AS number, via AS channel, retries, unknowns,
              extract(epoch FROM expires_at - clock_timestamp())::float8 AS "secondsLeft"
       FROM otp_delivery
       WHERE sealed IS NOT NULL AND due_at <= now() AND status = 'sending'
       ORDER BY due_at LIMIT $1`,
      [MAX_TAKEN_OVER],
    );
  }

  backlog(): Promise<readonly Backlog[]> {
    return this.database.query<Backlog>(
      `SELECT business_unit AS "businessUnit", via AS channel, count(*)::integer AS waiting,
              extract(epoch FROM clock_timestamp() - min(due_at))::float8 AS age
       FROM otp_delivery WHERE sealed IS NOT NULL AND status = 'queued' GROUP BY business_unit, via`,
    );
  }
}

/**
 * A row that is locked is being accepted anew, claimed or forgotten by somebody else: it is skipped. What cannot be sent in time is left
 * to `endExpired`. Instants of a row are rounded to milliseconds, so that a new one may be due a moment from now.
 */
const CLAIM = `
WITH due AS (
  SELECT d.business_unit, d.id, d.claims + 1 AS number, d.retries, d.unknowns, d.key_id, d.sealed,
         extract(epoch FROM d.expires_at - clock_timestamp())::float8 AS seconds_left,
         coalesce(r.newest_code <> d.code, false) AS stale
  FROM otp_delivery d
  LEFT JOIN otp_recipient r ON r.business_unit = d.business_unit AND r.recipient = d.recipient
  WHERE d.business_unit = $1 AND d.via = $2 AND d.status = 'queued' AND d.sealed IS NOT NULL
    AND d.due_at <= now() + interval '5 milliseconds'
    AND d.expires_at > clock_timestamp() + $6::float8 * interval '1 second'
  ORDER BY d.due_at LIMIT $4
  FOR UPDATE OF d SKIP LOCKED
), claimed AS (
  UPDATE otp_delivery u
  SET status = CASE WHEN stale THEN 'superseded' ELSE 'sending' END,
      claims = CASE WHEN stale THEN u.claims ELSE due.number END,
      sealed = CASE WHEN NOT stale THEN u.sealed END,
      key_id = CASE WHEN NOT stale THEN u.key_id END,
      updated_at = clock_timestamp(), due_at = clock_timestamp() + $5::float8 * interval '1 second'
  FROM due WHERE u.business_unit = due.business_unit AND u.id = due.id
), attempt AS (
  INSERT INTO otp_attempt (business_unit, delivery_id, number, channel, provider, may_repeat, started_at)
  SELECT business_unit, id, number, $2, $3, unknowns > 0, clock_timestamp() FROM due WHERE NOT stale
)
SELECT business_unit AS "businessUnit", id, number, $2::text AS channel, retries, unknowns, seconds_left AS "secondsLeft",
       key_id AS "keyId", sealed, stale
FROM due`;

/** The delivery is locked before its attempt, as in every transaction. */
const RECORD = `
WITH s AS (
  SELECT * FROM jsonb_to_record($1::jsonb) AS s (
    "businessUnit" text, id uuid, number integer, outcome text, "errorCode" text, "messageId" text, "durationMs" integer,
    "from" text, "to" text, via text, "waitSeconds" float8, "keepsCode" boolean)
), d AS (
  SELECT s.*, d.status, d.claims, d.sealed IS NULL AS erased, coalesce(r.newest_code <> d.code, false) AS stale,
         extract(epoch FROM clock_timestamp() - d.created_at)::float8 AS age
  FROM s
  JOIN otp_delivery d ON d.business_unit = s."businessUnit" AND d.id = s.id
  LEFT JOIN otp_recipient r ON r.business_unit = d.business_unit AND r.recipient = d.recipient
  FOR UPDATE OF d
), a AS (
  UPDATE otp_attempt a
  -- What a provider said stays, until its receipt says otherwise.
  SET outcome = CASE WHEN d."from" = 'accepted' OR a.outcome IS NULL OR a.outcome = 'unknown' THEN d.outcome ELSE a.outcome END,
      error_code = CASE WHEN d."from" = 'accepted' OR a.outcome IS NULL OR a.outcome = 'unknown' THEN d."errorCode" ELSE a.error_code END,
      provider_message_id = coalesce(d."messageId", a.provider_message_id),
      duration_ms = coalesce(d."durationMs", a.duration_ms)
  FROM d
  WHERE a.business_unit = d."businessUnit" AND a.delivery_id = d.id AND a.number = d.number
  RETURNING a.receipt, a.outcome
), target AS (
  SELECT d.*, CASE WHEN "to" = 'queued' AND stale THEN 'superseded' WHEN "to" = 'queued' AND erased THEN 'failed' ELSE "to" END
         AS status_now, "to" = 'queued' AND NOT stale OR "to" = 'accepted' AND "keepsCode" IS TRUE AS keeps_code
  FROM d CROSS JOIN a
  -- An answer that was late says of a delivery that waits for another try that none is needed.
  -- A message that is known to have failed is not accepted: the worker, or the one that takes over, decides anew by the receipt.
  WHERE (d.status = d."from" OR d.status = 'queued' AND d."to" = 'accepted') AND d.claims = d.number AND NOT (d."to" = 'accepted' AND a.receipt IS NOT DISTINCT FROM 'failed')
), moved AS (
  UPDATE otp_delivery u
  SET status = t.status_now, via = t.via, updated_at = clock_timestamp(),
      retries = CASE WHEN t.via = u.via THEN u.retries + (t.outcome IN ('transient', 'throttled'))::integer ELSE 0 END,
      unknowns = u.unknowns + (t.outcome = 'unknown')::integer,
      reason = CASE WHEN t."to" IN ('failed', 'expired') THEN t.outcome END,
      due_at = CASE WHEN t.status_now = 'queued' THEN clock_timestamp() + coalesce(t."waitSeconds", 0) * interval '1 second' ELSE u.expires_at END,
      sealed = CASE WHEN t.keeps_code THEN u.sealed END,
      key_id = CASE WHEN t.keeps_code THEN u.key_id END
  FROM target t
  WHERE u.business_unit = t."businessUnit" AND u.id = t.id
)
SELECT t.status_now AS status, d.age, a.receipt, a.outcome
FROM d CROSS JOIN a LEFT JOIN target t ON true`;
