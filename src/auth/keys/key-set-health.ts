import { Injectable } from '@nestjs/common';
import { HealthChecks } from '../../platform/health';
import { KeyStore } from './key-store';

/** Without keys people cannot log in, but one-time codes and back offices go on: `degraded`, not `down` (contract §6, Tokens). */
@Injectable()
export class KeySetHealth {
  constructor(checks: HealthChecks, keys: KeyStore) {
    checks.register('keySet', () => (keys.ready ? 'ok' : 'degraded'));
  }
}
