import { Injectable } from '@nestjs/common';
import { HealthChecks } from '../../platform/health';
import { JwksCache } from './jwks-cache';

/** Without keys people cannot log in, but one-time codes and back offices go on: `degraded`, not `down` (contract §6, Tokens). */
@Injectable()
export class KeySetHealth {
  constructor(checks: HealthChecks, keys: JwksCache) {
    checks.register('keySet', () => (keys.ready ? 'ok' : 'degraded'));
  }
}
