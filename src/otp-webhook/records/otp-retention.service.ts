import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database';
import { Scheduler } from '../../platform/scheduler';

const KEEP_DAYS = 30;
/** Rows that one statement deletes. */
const AT_ONCE = 20_000;

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
    await this.#delete('otp_idempotency_key', `created_at < now() - interval '25 hours'`);
    await this.#delete('otp_recipient', `last_at < now() - interval '25 hours'`);
    await this.database.query(
      `DELETE FROM otp_prefix WHERE now() - interval '1 hour' > ALL (accepted_at) AND accepted_at <> '{}'`,
    );
    await this.database.query(
      `DELETE FROM otp_limit_reset WHERE reset_at < now() - $1::float8 * interval '1 day'`,
      [KEEP_DAYS],
    );
    await this.#delete(
      'otp_delivery',
      `created_at < now() - interval '${KEEP_DAYS} days'`,
      'DELETE FROM otp_attempt a USING gone g WHERE a.business_unit = g.business_unit AND a.delivery_id = g.id',
    );
  }

  /** In parts: what gathered while nothing ran would take longer than a statement may, in each round again. */
  async #delete(table: string, old: string, alongside = 'SELECT'): Promise<void> {
    const part = `ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${old} LIMIT ${AT_ONCE}))`;
    const sql = `WITH gone AS (DELETE FROM ${table} WHERE ${part} RETURNING *), also AS (${alongside}) SELECT FROM gone`;
    for (let gone = AT_ONCE; gone === AT_ONCE;) gone = (await this.database.query(sql)).length;
  }
}
