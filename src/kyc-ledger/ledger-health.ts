import { Injectable } from '@nestjs/common';
import { HealthChecks } from '../platform/health';
import { Checkpoints } from './chain/checkpoints';

/** People and back offices are served on a chain that does not hold, too; an operator has to look into it: `degraded`. */
@Injectable()
export class LedgerHealth {
  constructor(checks: HealthChecks, checkpoints: Checkpoints) {
    checks.register('ledger', async () => ((await checkpoints.hold()) ? 'ok' : 'degraded'));
  }
}
