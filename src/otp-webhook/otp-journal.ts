import { Injectable } from '@nestjs/common';
import { Log } from '../platform/logging';
import { Metrics } from '../platform/metrics';
import { type ChannelAccount, ChannelAccounts } from './delivery/channel-accounts';
import type { Backlog, Claim, RecordedAttempt } from './delivery/delivery.repository';
import type { NewDelivery } from './intake/intake.repository';
import { type Channel, CHANNELS, type Outcome, type SendResult } from './providers/otp-provider';

const ALARM_EVERY_MS = 60_000;
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600];

/** What a provider refused. */
interface RefusedMessage {
  readonly businessUnit: string;
  readonly channel: Channel;
  readonly provider: string;
  readonly outcome: Outcome;
  readonly errorCode: string | undefined;
}

/**
 * What operators see of one-time codes: metrics, one log line a try, and an alarm where an operator must act. Labels are closed sets; no
 * unit's people show in them.
 */
@Injectable()
export class OtpJournal {
  readonly #metrics;
  readonly #alarmedAt = new Map<string, number>();

  constructor(
    private readonly log: Log,
    metrics: Metrics,
    accounts: ChannelAccounts,
  ) {
    this.#metrics = otpMetrics(metrics);
    metrics.beforeReading(() => {
      for (const { businessUnit: bu, channel, breaker } of accounts.all)
        this.#metrics.breakers.set({ bu, channel }, breaker.openBecause === undefined ? 0 : 1);
    });
  }

  requested(channel: Channel, result: string): void {
    this.#metrics.requests.inc({ channel, result });
  }

  /** A code was refused. */
  limited(
    { businessUnit, channel, maskedIdentifier: identifier }: NewDelivery,
    retryAfterSeconds: number,
  ): void {
    this.log.warn('otp refused by a limit', { businessUnit, channel, identifier, retryAfterSeconds });
  }

  /** A provider was asked. */
  tried(
    { provider: { name: provider } }: ChannelAccount,
    claim: Claim,
    result: SendResult,
    ms: number,
  ): void {
    const { businessUnit, id: deliveryId, number, channel } = claim;
    const { outcome, errorCode, why } = result;
    this.#metrics.sends.inc({ channel, provider, outcome });
    this.#metrics.sendSeconds.observe({ channel, provider }, ms / 1000);
    const attempt = { businessUnit, deliveryId, number, channel, provider, outcome, errorCode, ms };
    this.log.info('otp attempt', { ...attempt, ...why });
  }

  /** A breaker opened: `setup` and `spam` do not pass by themselves. */
  opened(account: ChannelAccount, result: SendResult): void {
    const refusal = { ...refusedBy(account, result), ...result.why };
    if (needsOperator(result.outcome)) this.#alarm(refusal);
    else this.log.alarm('otp_channel_away', 'otp channel is unavailable', refusal);
  }

  /** An operator must act though no breaker opened: one alarm a minute for each code of each account. */
  refused(account: ChannelAccount, result: SendResult): void {
    this.#alarmNowAndThen(refusedBy(account, result));
  }

  /** A provider reports that a message it had taken was not delivered. Receipts come to any process: no breaker knows of them. */
  failedLater({ businessUnit, channel, provider, outcome, errorCode }: RefusedMessage): void {
    this.#metrics.failureReceipts.inc({ channel, provider, outcome });
    if (needsOperator(outcome))
      this.#alarmNowAndThen({ businessUnit, channel, provider, outcome, errorCode });
  }

  /** A delivery went on after a try or a receipt. */
  moved(from: Channel, to: Channel, outcome: Outcome, { status, age }: RecordedAttempt): void {
    if (status === null) return;
    if (status === 'accepted') this.#metrics.timeToAccept.observe({ channel: from }, age);
    else if (status !== 'queued') this.ended(from, status);
    else if (to !== from) this.fellBack(from, to, outcome);
  }

  fellBack(from: Channel, to: Channel, outcome: string, count = 1): void {
    this.#metrics.fallbacks.inc({ from, to, outcome }, count);
  }

  ended(channel: Channel, status: string, count = 1): void {
    this.#metrics.ends.inc({ channel, status }, count);
  }

  delivered(channel: Channel, age: number): void {
    this.#metrics.timeToDeliver.observe({ channel }, age);
  }

  backlog(all: readonly Backlog[]): void {
    for (const channel of CHANNELS) {
      const waiting = all.filter((one) => one.channel === channel);
      const count = waiting.reduce((sum, one) => sum + one.waiting, 0);
      this.#metrics.waiting.set({ channel }, count);
      this.#metrics.oldestWaiting.set({ channel }, Math.max(0, ...waiting.map(({ age }) => age)));
    }
  }

  unreadable({ businessUnit, id: deliveryId, keyId }: Claim, error: unknown): void {
    const message = 'an otp delivery cannot be decrypted';
    this.log.alarm('data_key_missing', message, { businessUnit, deliveryId, keyId }, error);
  }

  bug(message: string, claim: Claim | null, error: unknown): void {
    this.log.error(message, { businessUnit: claim?.businessUnit, deliveryId: claim?.id }, error);
  }

  #alarmNowAndThen(refusal: RefusedMessage): void {
    const { businessUnit, channel, provider, errorCode } = refusal;
    const kind = [businessUnit, channel, provider, errorCode].join(' ');
    const now = performance.now();
    if (now - (this.#alarmedAt.get(kind) ?? -Infinity) < ALARM_EVERY_MS) return;
    this.#alarmedAt.set(kind, now);
    this.#alarm(refusal);
  }

  #alarm(refusal: RefusedMessage): void {
    this.log.alarm('otp_channel_refused', 'otp channel refused by its provider', { ...refusal });
  }
}

function refusedBy({ businessUnit, channel, provider }: ChannelAccount, result: SendResult): RefusedMessage {
  const { outcome, errorCode } = result;
  return { businessUnit, channel, provider: provider.name, outcome, errorCode };
}

function needsOperator(outcome: Outcome): boolean {
  return outcome === 'setup' || outcome === 'spam';
}

function otpMetrics(metrics: Metrics) {
  return {
    requests: metrics.counter({
      name: 'otp_requests_total',
      help: 'Webhook calls by what came of them: accepted, repeat, replayed, key_reused, limited',
      labels: ['channel', 'result'],
    }),
    sends: metrics.counter({
      name: 'otp_sends_total',
      help: 'Tries to hand a code to a provider, by outcome',
      labels: ['channel', 'provider', 'outcome'],
    }),
    failureReceipts: metrics.counter({
      name: 'otp_failure_receipts_total',
      help: 'Messages that a provider had taken and reported as failed later, by what its code means',
      labels: ['channel', 'provider', 'outcome'],
    }),
    sendSeconds: metrics.histogram({
      name: 'otp_send_duration_seconds',
      help: 'Time a provider took to take a message, or not to',
      labels: ['channel', 'provider'],
      buckets: SECONDS,
    }),
    timeToAccept: metrics.histogram({
      name: 'otp_time_to_accept_seconds',
      help: 'From the acknowledged webhook until a provider had taken the message',
      labels: ['channel'],
      buckets: SECONDS,
    }),
    timeToDeliver: metrics.histogram({
      name: 'otp_time_to_deliver_seconds',
      help: "From the acknowledged webhook until the provider's receipt said delivered",
      labels: ['channel'],
      buckets: SECONDS,
    }),
    fallbacks: metrics.counter({
      name: 'otp_fallback_total',
      help: 'Deliveries that went on by another channel, by the outcome that made them',
      labels: ['from', 'to', 'outcome'],
    }),
    ends: metrics.counter({
      name: 'otp_deliveries_ended_total',
      help: 'Deliveries by their last state',
      labels: ['channel', 'status'],
    }),
    waiting: metrics.gauge({
      name: 'otp_queue_depth',
      help: 'Deliveries that wait for their next try',
      labels: ['channel'],
    }),
    oldestWaiting: metrics.gauge({
      name: 'otp_queue_age_seconds',
      help: 'How long the delivery that should have been tried first is overdue',
      labels: ['channel'],
    }),
    breakers: metrics.gauge({
      name: 'otp_breaker_open',
      help: "Whether this process sends nothing by a unit's channel for the moment (1)",
      labels: ['bu', 'channel'],
    }),
  };
}
