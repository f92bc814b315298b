import { Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging';
import { type Channel, CHANNELS, type Outcome } from '../providers/otp-provider';
import { OtpMetrics } from '../otp-metrics';
import type { Next } from './delivery-policy';
import type { AttemptKey, AttemptResult, Backlog, Claim, RecordedAttempt } from './delivery.repository';
import type { ChannelAccount, ChannelAccountName } from './channel-accounts';

const ALARM_EVERY_MS = 60_000;

/** What a provider refused. */
interface RefusedMessage extends ChannelAccountName {
  readonly outcome: Outcome;
  readonly errorCode: string | undefined;
}

/** What operators see of deliveries: one log line a try, metrics, and an alarm where an operator must act. */
@Injectable()
export class DeliveryJournal {
  readonly #alarmedAt = new Map<string, number>();

  constructor(
    private readonly log: Log,
    private readonly metrics: OtpMetrics,
  ) {}

  /** A provider was asked. */
  tried(account: ChannelAccount, key: AttemptKey, result: AttemptResult): void {
    const { channel, provider } = account.name;
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
      ...result.why,
    });
  }

  /** A breaker opened: `setup` and `spam` do not pass by themselves. */
  opened(account: ChannelAccount, result: AttemptResult): void {
    const { outcome, errorCode, why } = result;
    const refusal = { ...account.name, outcome, errorCode, ...why };
    if (outcome === 'setup' || outcome === 'spam') this.#alarm(refusal);
    else this.log.alarm('otp_channel_away', 'otp channel is unavailable', refusal);
  }

  /** An operator must act though no breaker opened: one alarm a minute for each code of each account. */
  refused(refusal: RefusedMessage): void {
    const { businessUnit, channel, provider, errorCode } = refusal;
    const kind = [businessUnit, channel, provider, errorCode].join(' ');
    const now = performance.now();
    if (now - (this.#alarmedAt.get(kind) ?? -Infinity) < ALARM_EVERY_MS) return;
    this.#alarmedAt.set(kind, now);
    this.#alarm(refusal);
  }

  /** A provider reports that a message it had taken was not delivered. Receipts come to any process: no breaker knows of them. */
  failedLater(refusal: RefusedMessage): void {
    const { channel, provider, outcome } = refusal;
    this.metrics.failureReceipts.inc({ channel, provider, outcome });
    if (outcome === 'setup' || outcome === 'spam') this.refused(refusal);
  }

  /** A delivery went on after a try or a receipt. */
  moved(via: Channel, result: AttemptResult, next: Next, recorded: RecordedAttempt): void {
    const { status, age } = recorded;
    if (status === null) return;
    if (status === 'accepted') this.metrics.timeToAccept.observe({ channel: via }, age);
    else if (status !== 'queued') this.metrics.ends.inc({ channel: via, status });
    else if (next.kind === 'fallback') this.fellBack(via, next.to, result.outcome);
  }

  fellBack(from: Channel, to: Channel, outcome: string, count = 1): void {
    this.metrics.fallbacks.inc({ from, to, outcome }, count);
  }

  ended(channel: Channel, status: string, count = 1): void {
    this.metrics.ends.inc({ channel, status }, count);
  }

  delivered(channel: Channel, age: number): void {
    this.metrics.timeToDeliver.observe({ channel }, age);
  }

  backlog(all: readonly Backlog[]): void {
    for (const channel of CHANNELS) {
      const waiting = all.filter((one) => one.channel === channel);
      const count = waiting.reduce((sum, one) => sum + one.waiting, 0);
      this.metrics.waiting.set({ channel }, count);
      this.metrics.oldestWaiting.set({ channel }, Math.max(0, ...waiting.map(({ age }) => age)));
    }
  }

  #alarm(refusal: RefusedMessage): void {
    this.log.alarm('otp_channel_refused', 'otp channel refused by its provider', { ...refusal });
  }

  unreadable({ businessUnit, id: deliveryId, keyId }: Claim, error: unknown): void {
    const message = 'an otp delivery cannot be decrypted';
    this.log.alarm('data_key_missing', message, { businessUnit, deliveryId, keyId }, error);
  }

  bug(
    message: string,
    key: { readonly businessUnit: string; readonly id: string } | null,
    error: unknown,
  ): void {
    this.log.error(message, { businessUnit: key?.businessUnit, deliveryId: key?.id }, error);
  }
}
