import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, type Transaction } from '../../../platform/database';
import { Scheduler } from '../../../platform/scheduler';
import type { Channel } from '../../providers/otp-provider';
import type { DeliveryAddress } from './delivery-jobs';
import type { EndedAttempt } from '../result-recorder.service';
import { MIN_SECONDS_LEFT, LOST_AGAIN_SECONDS } from '../timing';

interface TakeOverRow {
  readonly business_unit: string;
  readonly id: string;
  readonly number: number;
  readonly channel: Channel;
  readonly retries: number;
  readonly unknowns: number;
  readonly seconds_left: number;
}

export interface Backlog {
  readonly channel: Channel;
  readonly waiting: number;
  /** Seconds since the first of them was due. */
  readonly age: number;
}

const AT_ONCE = 200;
const KEEP_DAYS = 30;
const PURGE_EVERY_MS = 3_600_000;

/** Live deliveries for which nothing happened in time. Rows are found by `now()`: no index serves `clock_timestamp()`. */
@Injectable()
export class OverdueRepository implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly scheduler: Scheduler,
  ) {}

  onModuleInit(): void {
    this.scheduler.add({ name: 'old one-time codes', everyMs: PURGE_EVERY_MS, run: () => this.purge() });
  }

  /** Ends what waits and cannot be sent in time any more; forgets codes that were taken and never reported on. */
  async endExpired(): Promise<readonly Channel[]> {
    const rows = await this.database.query<{ via: Channel; status: string }>(
      `UPDATE otp_delivery
       SET status = CASE WHEN status = 'queued' THEN 'expired' ELSE status END, reason = CASE WHEN status = 'queued' THEN 'deadline' END,
           sealed = NULL, key_id = NULL, updated_at = clock_timestamp()
       -- Locked in the order of ids; rows that are locked already come with the next check.
       WHERE (business_unit, id) IN (
         SELECT business_unit, id FROM otp_delivery
         WHERE sealed IS NOT NULL AND overdue_at <= now()
           AND (status = 'queued' AND expires_at <= clock_timestamp() + $1::float8 * interval '1 second'
             OR status = 'accepted' AND expires_at <= clock_timestamp())
         ORDER BY business_unit, id FOR UPDATE SKIP LOCKED)
       RETURNING via, status`,
      [MIN_SECONDS_LEFT],
    );
    return rows.flatMap(({ via, status }) => (status === 'expired' ? [via] : []));
  }

  /** Attempts whose worker's lease has run out. */
  async abandonedAttempts(): Promise<readonly EndedAttempt[]> {
    const rows = await this.database.query<TakeOverRow>(
      `SELECT business_unit, id, claims AS number, via AS channel, retries, unknowns,
              extract(epoch FROM expires_at - clock_timestamp())::float8 AS seconds_left
       FROM otp_delivery
       WHERE sealed IS NOT NULL AND overdue_at <= now() AND status = 'sending'
       ORDER BY overdue_at LIMIT $1`,
      [AT_ONCE],
    );
    return rows.map(({ business_unit: businessUnit, seconds_left: secondsLeft, ...row }) => ({
      businessUnit,
      secondsLeft,
      ...row,
    }));
  }

  /** Deliveries whose job did not come, lost or stuck behind others, get another one. */
  async renewLostJobs(enqueue: (tx: Transaction, delivery: DeliveryAddress) => Promise<void>): Promise<void> {
    await this.database.transaction(async (tx) => {
      for (const delivery of await this.#lostJobs(tx)) await enqueue(tx, delivery);
    });
  }

  async #lostJobs(tx: Transaction): Promise<readonly DeliveryAddress[]> {
    const rows = await tx.query<{ business_unit: string; id: string; via: Channel }>(
      `UPDATE otp_delivery
       SET overdue_at = least(clock_timestamp() + $2::float8 * interval '1 second', expires_at - $3::float8 * interval '1 second')
       WHERE (business_unit, id) IN (
         SELECT business_unit, id FROM otp_delivery
         WHERE sealed IS NOT NULL AND overdue_at <= now() AND status = 'queued'
         ORDER BY overdue_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING business_unit, id, via`,
      [AT_ONCE, LOST_AGAIN_SECONDS, MIN_SECONDS_LEFT],
    );
    return rows.map(({ business_unit: businessUnit, id, via: channel }) => ({ businessUnit, id, channel }));
  }

  async backlog(): Promise<readonly Backlog[]> {
    return this.database.query<Backlog>(
      `SELECT via AS channel, count(*)::integer AS waiting,
              greatest(0, extract(epoch FROM clock_timestamp() - min(due_at)))::float8 AS age
       FROM otp_delivery WHERE sealed IS NOT NULL AND status = 'queued' GROUP BY via`,
    );
  }

  /** Deletes what is older than its retention. */
  async purge(): Promise<void> {
    await this.database.query(
      `DELETE FROM otp_idempotency_key WHERE created_at < now() - interval '25 hours'`,
    );
    await this.database.query(`DELETE FROM otp_recipient WHERE last_at < now() - interval '25 hours'`);
    await this.database.query(
      `DELETE FROM otp_prefix WHERE now() - interval '1 hour' > ALL (accepted_at) AND accepted_at <> '{}'`,
    );
    await this.database.query(
      `DELETE FROM otp_limit_reset WHERE reset_at < now() - $1::float8 * interval '1 day'`,
      [KEEP_DAYS],
    );
    await this.database.query(
      `WITH gone AS (
         DELETE FROM otp_delivery WHERE created_at < now() - $1::float8 * interval '1 day' RETURNING business_unit, id
       )
       DELETE FROM otp_attempt a USING gone g WHERE a.business_unit = g.business_unit AND a.delivery_id = g.id`,
      [KEEP_DAYS],
    );
  }
}
