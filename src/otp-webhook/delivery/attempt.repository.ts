import { Injectable } from '@nestjs/common';
import { WriteBatcher, Database } from '../../platform/database';
import type { Channel, Outcome } from '../providers/otp-provider';
import { DeliveryJobs } from './queue/delivery-jobs';
import type { DeliveryStatus } from './delivery-policy';
import { MIN_SECONDS_LEFT, LOST_JOB_SECONDS } from './timing';

/** How an attempt ended. */
export interface AttemptResult {
  readonly outcome: Outcome;
  readonly errorCode?: string | undefined;
  readonly messageId?: string | undefined;
  readonly durationMs?: number | undefined;
}

/** Which attempt, as it was claimed. */
export interface AttemptKey {
  readonly businessUnit: string;
  readonly id: string;
  readonly number: number;
}

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

/** An attempt's end, and what it means for the delivery. */
export interface AttemptEnd extends AttemptKey, AttemptResult, Move {}

export interface RecordedAttempt {
  /** Where it went; null when it had moved on already, a receipt says that it failed, or it was forgotten. */
  readonly status: DeliveryStatus | null;
  /** Seconds since the webhook was acknowledged. */
  readonly age: number;
  /** The attempt as it now stands: a receipt may have come before the answer. */
  readonly receipt: string | null;
  readonly outcome: Outcome;
}

interface RecordedRow extends RecordedAttempt {
  readonly place: number;
}

interface PlacedAttemptEnd extends AttemptEnd {
  readonly place: number;
}

const MAX_AT_ONCE = 50;

/**
 * Records attempts' ends and moves their deliveries on, unless a newer attempt, receipt or code came first; with the jobs that
 * follow. Ends of one moment share a transaction.
 */
@Injectable()
export class AttemptRepository {
  readonly #batches;

  constructor(
    private readonly database: Database,
    private readonly jobs: DeliveryJobs,
  ) {
    this.#batches = new WriteBatcher((all: readonly AttemptEnd[]) => this.#recordAll(all), {
      most: MAX_AT_ONCE,
      atOnce: 1,
    });
  }

  record(end: AttemptEnd): Promise<RecordedAttempt> {
    return this.#batches.add(end);
  }

  async #recordAll(all: readonly AttemptEnd[]): Promise<readonly RecordedAttempt[]> {
    return this.database.transaction(async (tx) => {
      const byPlace = new Map<number, RecordedRow>();
      for (const items of inTurn(all))
        for (const row of await tx.query<RecordedRow>(RECORD, [
          JSON.stringify(items),
          LOST_JOB_SECONDS,
          MIN_SECONDS_LEFT,
        ]))
          byPlace.set(row.place, row);
      const recorded = all.map((end, place): RecordedAttempt => {
        const row = byPlace.get(place);
        return row ?? { status: null, age: 0, receipt: null, outcome: end.outcome };
      });
      const waiting = all.filter((_, place) => recorded[place]?.status === 'queued');
      await this.jobs.enqueueAll(
        tx,
        waiting.map(({ businessUnit, id, via, waitSeconds }) => ({
          businessUnit,
          id,
          channel: via,
          waitSeconds,
        })),
      );
      return recorded;
    });
  }
}

/** What one statement can record: each delivery once, because its second end depends on what the first one changed. */
function inTurn(all: readonly AttemptEnd[]): readonly (readonly PlacedAttemptEnd[])[] {
  const turns: PlacedAttemptEnd[][] = [];
  const earlier = new Map<string, number>();
  all.forEach((end, place) => {
    const delivery = `${end.businessUnit} ${end.id}`;
    const turn = earlier.get(delivery) ?? 0;
    earlier.set(delivery, turn + 1);
    (turns[turn] ??= []).push({ ...end, place });
  });
  return turns;
}

/** Deliveries are locked before their attempts and in the order of their ids. The LIMIT is for the planner, as when claiming. */
const RECORD = `
WITH s AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS s (
    place integer, "businessUnit" text, id uuid, number integer, outcome text, "errorCode" text, "messageId" text, "durationMs" integer,
    "from" text, "to" text, via text, retries integer, unknowns integer, "waitSeconds" float8, reason text, "keepSecret" boolean)
  LIMIT jsonb_array_length($1::jsonb)
), d AS (
  SELECT s.*, d.status, d.claims, d.sealed IS NULL AS erased, coalesce(r.newest_code <> d.code, false) AS stale,
         extract(epoch FROM clock_timestamp() - d.created_at)::float8 AS age
  FROM s
  JOIN otp_delivery d ON d.business_unit = s."businessUnit" AND d.id = s.id
  LEFT JOIN otp_recipient r ON r.business_unit = d.business_unit AND r.recipient = d.recipient
  ORDER BY d.business_unit, d.id
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
  RETURNING d.place, a.receipt, a.outcome
), target AS (
  SELECT d.*, CASE WHEN "to" = 'queued' AND stale THEN 'superseded' WHEN "to" = 'queued' AND erased THEN 'failed' ELSE "to" END
         AS status_now
  FROM d JOIN a USING (place)
  -- A message that is known to have failed is not accepted: the worker, or the one that takes over, decides anew by the receipt.
  WHERE d.status = d."from" AND d.claims = d.number AND NOT (d."to" = 'accepted' AND a.receipt IS NOT DISTINCT FROM 'failed')
), moved AS (
  UPDATE otp_delivery u
  SET status = t.status_now, via = t.via, retries = t.retries, unknowns = t.unknowns, reason = t.reason,
      updated_at = clock_timestamp(), due_at = clock_timestamp() + t."waitSeconds" * interval '1 second',
      overdue_at = CASE WHEN t.status_now = 'queued'
                        THEN least(clock_timestamp() + (t."waitSeconds" + $2::float8) * interval '1 second',
                                   u.expires_at - $3::float8 * interval '1 second')
                        ELSE u.expires_at END,
      sealed = CASE WHEN t."keepSecret" AND t.status_now IN ('queued', 'accepted') THEN u.sealed END,
      key_id = CASE WHEN t."keepSecret" AND t.status_now IN ('queued', 'accepted') THEN u.key_id END
  FROM target t
  WHERE u.business_unit = t."businessUnit" AND u.id = t.id
)
SELECT d.place, t.status_now AS status, d.age, a.receipt, a.outcome
FROM d JOIN a USING (place) LEFT JOIN target t USING (place)`;
