import type { TLSSocket } from 'node:tls';
import { Injectable } from '@nestjs/common';
import { HealthChecks } from '../health';
import { Log } from '../logging';
import { Metrics } from '../metrics';
import type { CallCause } from './partner-error';

/** So long a partner counts as failing after a call that failed, unless a later one succeeds: it may never be called again. */
const FAILING_FOR_MS = 300_000;

interface WatchedPartner {
  readonly partner: string;
  /** The name of its readiness check; absent where somebody else watches it. */
  readonly check?: string;
}

/** What operators see of a client's calls: log lines with causes, readiness, and an alarm when the breaker opens. */
export class PartnerWatch {
  #failedAt = -Infinity;
  #away = false;

  constructor(
    private readonly watched: WatchedPartner,
    private readonly log: Log,
    private readonly certificateEnd: (seconds: number) => void,
  ) {}

  get isAway(): boolean {
    return this.#away;
  }

  get isFailing(): boolean {
    return performance.now() - this.#failedAt < FAILING_FOR_MS;
  }

  answered(operation: string, host: string, status: number, startedAt: number): void {
    const fields = { partner: this.watched.partner, operation, host, status, ms: since(startedAt) };
    this.#failedAt = status >= 500 ? performance.now() : -Infinity;
    if (status >= 500) this.log.warn('partner answered with an error', fields);
    else this.log.debug('partner answered', fields);
  }

  unanswered(operation: string, { cause, host }: CallCause, startedAt: number): void {
    this.#failedAt = performance.now();
    const { partner } = this.watched;
    this.log.warn('partner gave no answer', { partner, operation, cause, host, ms: since(startedAt) });
  }

  /** The breaker opened, maybe again. */
  opened(): void {
    const { partner, check } = this.watched;
    if (!this.#away && check !== undefined)
      this.log.alarm('partner_away', 'calls to a partner are held back', { partner });
    this.#away = true;
  }

  closed(): void {
    this.#away = false;
    this.log.info('calls to a partner go on', { partner: this.watched.partner });
  }

  /** A connection is made and secure. */
  secured(socket: TLSSocket): void {
    const end = Date.parse(socket.getPeerCertificate().valid_to);
    if (!Number.isNaN(end)) this.certificateEnd(end / 1000);
  }
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

/** The watches of all clients: of a partner with several the worst counts. */
@Injectable()
export class PartnerWatches {
  readonly #all = new Map<string, PartnerWatch[]>();
  readonly #certificates;

  constructor(
    metrics: Metrics,
    private readonly log: Log,
    private readonly checks: HealthChecks,
  ) {
    this.#certificates = metrics.gauge({
      name: 'partner_certificate_expiry_timestamp_seconds',
      help: 'When the certificate ends that a partner showed at the newest connection',
      labels: ['partner'],
    });
    const breakers = metrics.gauge({
      name: 'partner_breaker_open',
      help: 'Whether calls to a partner are held back because it gave no answer (1)',
      labels: ['partner'],
    });
    metrics.beforeReading(() => {
      for (const [partner, watches] of this.#all)
        breakers.set({ partner }, watches.some(({ isAway }) => isAway) ? 1 : 0);
    });
  }

  watch(watched: WatchedPartner): PartnerWatch {
    const { partner, check } = watched;
    const certificateEnd = (seconds: number): void => this.#certificates.set({ partner }, seconds);
    const watch = new PartnerWatch(watched, this.log, certificateEnd);
    const others = this.#all.get(partner) ?? [];
    this.#all.set(partner, [...others, watch]);
    if (check !== undefined) this.checks.register(check, () => (watch.isFailing ? 'degraded' : 'ok'));
    return watch;
  }
}
