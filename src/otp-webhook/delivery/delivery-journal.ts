import { Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging';
import type { Channel, ProviderName } from '../channels/otp-provider';
import { OtpMetrics } from '../otp-metrics';
import type { Next } from './delivery-policy';
import type { AttemptKey, AttemptResult, Settled } from './settlements';
import type { Lane } from './lane';

/** What operators see of deliveries: one log line a try, metrics, and an alarm when somebody must act. */
@Injectable()
export class DeliveryJournal {
  constructor(
    private readonly log: Log,
    private readonly metrics: OtpMetrics,
  ) {}

  /** A provider was asked. */
  tried(lane: Lane, key: AttemptKey, result: AttemptResult): void {
    const { channel } = lane;
    const provider: ProviderName = lane.provider.name;
    this.metrics.sends.inc({ channel, provider, outcome: result.outcome });
    this.metrics.sendSeconds.observe({ channel, provider }, (result.durationMs ?? 0) / 1000);
    this.log.info('otp attempt', {
      businessUnit: key.businessUnit,
      deliveryId: key.id,
      number: key.number,
      channel,
      provider,
      outcome: result.outcome,
      errorCode: result.errorCode,
      ms: result.durationMs,
    });
  }

  /** A breaker opened: `setup` and `spam` do not pass by themselves. */
  opened(lane: Lane, result: AttemptResult): void {
    const fields = {
      businessUnit: lane.businessUnit,
      channel: lane.channel,
      provider: lane.provider.name,
      outcome: result.outcome,
      errorCode: result.errorCode,
    };
    if (result.outcome === 'setup' || result.outcome === 'spam')
      this.log.alarm('otp channel refused by its provider: see the guide "A code did not arrive"', fields);
    else this.log.warn('otp channel is unavailable', fields);
  }

  /** A delivery went on after a try or a receipt. */
  moved(via: Channel, result: AttemptResult, next: Next, settled: Settled): void {
    const { status, age } = settled;
    if (status === null) return;
    if (status === 'accepted') this.metrics.timeToAccept.observe({ channel: via }, age);
    else if (status !== 'queued') this.metrics.ends.inc({ channel: via, status });
    else if (next.kind === 'fallback') this.fellBack(via, next.to, result.outcome);
  }

  fellBack(from: Channel, to: Channel, outcome: string): void {
    this.metrics.fallbacks.inc({ from, to, outcome });
  }

  ended(channel: Channel, status: string): void {
    this.metrics.ends.inc({ channel, status });
  }

  delivered(channel: Channel, age: number): void {
    this.metrics.timeToDeliver.observe({ channel }, age);
  }

  backlog(channel: Channel, waiting: number, ageSeconds: number): void {
    this.metrics.waiting.set({ channel }, waiting);
    this.metrics.oldestWaiting.set({ channel }, ageSeconds);
  }

  bug(
    message: string,
    key: { readonly businessUnit: string; readonly id: string } | null,
    error: unknown,
  ): void {
    this.log.error(message, { businessUnit: key?.businessUnit, deliveryId: key?.id }, error);
  }
}
