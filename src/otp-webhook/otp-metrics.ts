import { Injectable } from '@nestjs/common';
import { Metrics } from '../platform/metrics';
import type { Breaker } from './delivery/breaker';
import type { Channel } from './providers/otp-provider';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600];

type AccountName = { readonly businessUnit: string; readonly channel: Channel };

/** What is counted about one-time codes. Labels are closed sets; no unit's people show in them. */
@Injectable()
export class OtpMetrics {
  readonly requests;
  readonly sends;
  readonly failureReceipts;
  readonly sendSeconds;
  readonly timeToAccept;
  readonly timeToDeliver;
  readonly fallbacks;
  readonly ends;
  readonly waiting;
  readonly oldestWaiting;
  readonly #breakers;

  constructor(private readonly metrics: Metrics) {
    this.requests = metrics.counter({
      name: 'otp_requests_total',
      help: 'Webhook calls by what came of them: accepted, repeat, replayed, key_reused, limited',
      labels: ['channel', 'result'],
    });
    this.sends = metrics.counter({
      name: 'otp_sends_total',
      help: 'Tries to hand a code to a provider, by outcome',
      labels: ['channel', 'provider', 'outcome'],
    });
    this.failureReceipts = metrics.counter({
      name: 'otp_failure_receipts_total',
      help: 'Messages that a provider had taken and reported as failed later, by what its code means',
      labels: ['channel', 'provider', 'outcome'],
    });
    this.sendSeconds = metrics.histogram({
      name: 'otp_send_duration_seconds',
      help: 'Time a provider took to take a message, or not to',
      labels: ['channel', 'provider'],
      buckets: SECONDS,
    });
    this.timeToAccept = metrics.histogram({
      name: 'otp_time_to_accept_seconds',
      help: 'From the acknowledged webhook until a provider had taken the message',
      labels: ['channel'],
      buckets: SECONDS,
    });
    this.timeToDeliver = metrics.histogram({
      name: 'otp_time_to_deliver_seconds',
      help: "From the acknowledged webhook until the provider's receipt said delivered",
      labels: ['channel'],
      buckets: SECONDS,
    });
    this.fallbacks = metrics.counter({
      name: 'otp_fallback_total',
      help: 'Deliveries that went on by another channel, by the outcome that made them',
      labels: ['from', 'to', 'outcome'],
    });
    this.ends = metrics.counter({
      name: 'otp_deliveries_ended_total',
      help: 'Deliveries by their last state',
      labels: ['channel', 'status'],
    });
    this.waiting = metrics.gauge({
      name: 'otp_queue_depth',
      help: 'Deliveries that wait for their next try',
      labels: ['channel'],
    });
    this.oldestWaiting = metrics.gauge({
      name: 'otp_queue_age_seconds',
      help: 'How long the delivery that should have been tried first is overdue',
      labels: ['channel'],
    });
    this.#breakers = metrics.gauge({
      name: 'otp_breaker_open',
      help: "Whether this process sends nothing by a unit's channel for the moment (1)",
      labels: ['bu', 'channel'],
    });
  }

  tellBreakers(accounts: readonly { readonly name: AccountName; readonly breaker: Breaker }[]): void {
    this.metrics.beforeReading(() => {
      for (const { name, breaker } of accounts)
        this.#breakers.set(
          { bu: name.businessUnit, channel: name.channel },
          breaker.openBecause === undefined ? 0 : 1,
        );
    });
  }
}
