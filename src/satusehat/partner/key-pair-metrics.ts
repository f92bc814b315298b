import { Injectable } from '@nestjs/common';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { Metrics } from '../../platform/metrics';

/** Where a request's key pair came from; `awaited` is the one an operator may want a larger pool for. */
type Source = 'pool' | 'shared' | 'awaited';

/** How the pool of key pairs does. */
@Injectable()
export class KeyPairMetrics {
  readonly #ready: Gauge;
  readonly #lent: Counter<'source'>;
  readonly #made: Histogram;

  constructor(metrics: Metrics) {
    this.#ready = metrics.gauge({ name: 'satusehat_key_pairs_ready', help: 'RSA key pairs ready for use' });
    this.#lent = metrics.counter({
      name: 'satusehat_key_pairs_lent_total',
      help: 'RSA key pairs given to requests: from the pool, shared with other requests, or after waiting for one',
      labels: ['source'],
    });
    this.#made = metrics.histogram({
      name: 'satusehat_key_pair_generation_seconds',
      help: 'Time the making of one RSA key pair took in the background',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    });
  }

  ready(pairs: number): void {
    this.#ready.set(pairs);
  }

  lent(source: Source): void {
    this.#lent.inc({ source });
  }

  made(seconds: number): void {
    this.#made.observe(seconds);
  }
}
