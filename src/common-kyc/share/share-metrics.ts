import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { Metrics } from '../../platform/metrics';
import { GIVE_UP_AFTER_MS } from './share-group.service';

interface Unsent {
  readonly state: 'waiting' | 'failed';
  readonly count: number;
  readonly age: number;
}

const UNSENT = `
  SELECT state, count(*)::int AS count,
         extract(epoch FROM clock_timestamp() - min(give_up_at))::float8 + ${GIVE_UP_AFTER_MS / 1_000} AS age
    FROM common_kyc_share WHERE state <> 'accepted' GROUP BY state`;

/** What Common KYC has not got yet. */
@Injectable()
export class ShareMetrics {
  constructor(metrics: Metrics, database: Database) {
    const shares = metrics.gauge({
      name: 'common_kyc_shares',
      help: 'Approved data that Common KYC does not have: on its way, or given up',
      labels: ['state'],
    });
    const oldest = metrics.gauge({
      name: 'common_kyc_oldest_waiting_share_seconds',
      help: 'How long the oldest approved data has been on its way to Common KYC',
    });
    metrics.gather(async () => {
      const rows = await database.query<Unsent>(UNSENT);
      for (const state of ['waiting', 'failed'] as const)
        shares.set({ state }, rows.find((row) => row.state === state)?.count ?? 0);
      oldest.set(rows.find((row) => row.state === 'waiting')?.age ?? 0);
    });
  }
}
