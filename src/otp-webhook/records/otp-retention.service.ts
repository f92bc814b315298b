import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database';
import { Scheduler } from '../../platform/scheduler';

const KEEP_DAYS = 30;

/** Deletes what is older than its retention. */
@Injectable()
export class OtpRetention implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly scheduler: Scheduler,
  ) {}

  onModuleInit(): void {
    this.scheduler.add({ name: 'old one-time codes', everyMs: 3_600_000, run: () => this.run() });
  }

  async run(): Promise<void> {
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
