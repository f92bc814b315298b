import { Injectable } from '@nestjs/common';
import { HealthChecks } from '../../platform/health';
import { Log } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import { PartnerError } from '../../platform/outbound';
import { UnusableKeySet } from './key-set-source';

/** Why the key set was read. */
export type RefreshCause = 'boot' | 'schedule' | 'unknown-key';

/** What an operator sees of the key store (names: simas-id.md §5.7). */
@Injectable()
export class KeySetEvents {
  readonly #refreshes;
  readonly staleServed;
  readonly unknownKeys;

  constructor(
    private readonly log: Log,
    private readonly metrics: Metrics,
    private readonly checks: HealthChecks,
  ) {
    this.#refreshes = metrics.counter({
      name: 'jwks_refresh_total',
      help: "Readings of SIMAS-ID's key set, by cause and result",
      labels: ['cause', 'result'],
    });
    this.staleServed = metrics.counter({
      name: 'jwks_stale_served_total',
      help: 'Tokens judged with a key set beyond its age because no newer one was to be had',
    });
    this.unknownKeys = metrics.counter({
      name: 'jwks_unknown_kid_total',
      help: 'Tokens that name a key which is not in the key set',
    });
  }

  refreshed(cause: RefreshCause, keys: number): void {
    this.#refreshes.inc({ cause, result: 'ok' });
    this.log.info('key set read', { cause, keys });
  }

  /** @param usable whether older keys still stand in */
  failed(cause: RefreshCause, error: unknown, usable: boolean): void {
    const reason =
      error instanceof PartnerError
        ? (error.cause ?? error.fault)
        : error instanceof UnusableKeySet
          ? error.message
          : 'unexpected';
    this.#refreshes.inc({ cause, result: 'failed' });
    const fields = { cause, reason, usable };
    if (usable) this.log.warn('key set cannot be read', fields);
    else
      this.log.alarm('simas_id_keys_unreadable', 'key set cannot be read and no older keys stand in', fields);
  }

  /** Without keys people cannot log in, but one-time codes and back offices go on: `degraded`, not `down` (contract §6, Tokens). */
  watch(cache: { readonly ageMs: number; readonly ready: boolean }): void {
    const gauge = this.metrics.gauge({ name: 'jwks_age_seconds', help: 'Age of the key set in use' });
    this.metrics.beforeReading(() => gauge.set(cache.ageMs / 1000));
    this.checks.register('simas-id', () => (cache.ready ? 'ok' : 'degraded'));
  }
}
