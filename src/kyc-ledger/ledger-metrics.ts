import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database';
import { HealthChecks } from '../platform/health';
import { Metrics } from '../platform/metrics';
import { Checkpoints } from './chain/checkpoints';
import { CHECKPOINT_EVENT } from './submissions/submission-state';

interface LedgerNumbers {
  readonly stale: number;
  readonly checkpointAge: number;
  readonly unsignedFor: number;
}

/** Each unit's chain by its ends: no table is read from one end to the other. */
const NUMBERS = `
  SELECT coalesce(sum(s.stale), 0)::int AS stale,
         coalesce(max(extract(epoch FROM clock_timestamp() - c.at)), 0)::float8 AS "checkpointAge",
         coalesce(max(extract(epoch FROM clock_timestamp() - e.at)), 0)::float8 AS "unsignedFor"
    FROM ledger_head h
    LEFT JOIN LATERAL (SELECT seq, at FROM ledger_checkpoint
      WHERE business_unit = h.business_unit ORDER BY seq DESC LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT at FROM kyc_event
      WHERE business_unit = h.business_unit AND seq > coalesce(c.seq, 0) AND type <> '${CHECKPOINT_EVENT}'
      ORDER BY seq LIMIT 1) e ON true
    CROSS JOIN LATERAL (SELECT count(*) AS stale FROM kyc_submission
      WHERE business_unit = h.business_unit AND status = 'stale') s`;

/** How the chains stand, for health checks and metrics. Of several units the worst counts. */
@Injectable()
export class LedgerMetrics {
  constructor(metrics: Metrics, database: Database, health: HealthChecks, checkpoints: Checkpoints) {
    // People and back offices are served on a chain that does not hold, too; an operator has to look into it.
    health.register('ledger', async () => ((await checkpoints.hold()) ? 'ok' : 'degraded'));
    const gauge = (name: string, help: string) => metrics.gauge({ name, help });
    const stale = gauge('kyc_submissions_stale', 'Submissions of which the partner gave no result in time');
    const checkpoint = gauge('ledger_checkpoint_age_seconds', 'Age of the newest signed checkpoint');
    const unsigned = gauge(
      'ledger_oldest_unsigned_event_seconds',
      'How long the oldest event has had no signed checkpoint',
    );
    metrics.gather(async () => {
      const [numbers] = await database.query<LedgerNumbers>(NUMBERS);
      stale.set(numbers?.stale ?? 0);
      checkpoint.set(numbers?.checkpointAge ?? 0);
      unsigned.set(numbers?.unsignedFor ?? 0);
    });
  }
}
