import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { HealthChecks } from '../../platform/health';
import { OtpMetrics } from '../otp-metrics';
import { OtpChannels, type UnitChannel } from '../providers/otp-channels';
import type { Channel } from '../providers/otp-provider';
import { type OtpSettings, otpSettings } from '../otp.settings';
import { Breaker } from './breaker';
import { type AccountKey, keyOf } from './due-notifier';

/** One unit's channel, as this process sends by it. */
export interface ChannelAccount extends AccountKey, UnitChannel {
  /** As logs name it. */
  readonly name: ChannelAccountName;
  readonly breaker: Breaker;
  /** Where a hard failure goes on: WhatsApp to SMS, never from a phone to a mailbox (otp-channels.md §6.6). */
  readonly fallback: Channel | undefined;
}

export interface ChannelAccountName extends AccountKey {
  readonly provider: string;
}

/** Beyond one call's time-out: what recording its outcome may take before the worker counts as dead. */
const LEASE_MARGIN_MS = 2_000;

/** Every unit's channels, as this process sends by them. */
@Injectable()
export class ChannelAccounts {
  readonly #accounts: ReadonlyMap<string, ChannelAccount>;
  /** Whether this process sends at all. */
  readonly deliver: boolean;
  /** How long one message's sending may take. */
  readonly sendWithinMs: number;

  constructor(
    channels: OtpChannels,
    @Inject(platformSettings.token) { values: { ROLE, PARTNER_TIMEOUT_MS } }: PlatformSettings,
    @Inject(otpSettings.token) { values: { OTP_FALLBACK } }: OtpSettings,
    health: HealthChecks,
    metrics: OtpMetrics,
  ) {
    const accounts = [...channels.all()].map((unitChannel): ChannelAccount => {
      const { businessUnit, provider } = unitChannel;
      const { channel } = provider;
      const fallsBack = OTP_FALLBACK === 'hard-fail-only' && channel === 'whatsapp';
      const fallback = fallsBack ? channels.of(businessUnit, 'sms')?.provider.channel : undefined;
      const breaker = new Breaker(() => performance.now());
      const name = { businessUnit, channel, provider: provider.name };
      return { ...unitChannel, channel, name, breaker, fallback };
    });
    this.#accounts = new Map(accounts.map((account) => [keyOf(account), account]));
    this.deliver = ROLE !== 'api';
    this.sendWithinMs = PARTNER_TIMEOUT_MS;
    for (const { channel, businessUnit, breaker } of accounts)
      health.register(`${channel}-${businessUnit}`, () => (breaker.isFailing ? 'degraded' : 'ok'));
    metrics.tellBreakers(accounts);
  }

  get all(): Iterable<ChannelAccount> {
    return this.#accounts.values();
  }

  fallbackOf(key: AccountKey): Channel | undefined {
    return this.#accounts.get(keyOf(key))?.fallback;
  }

  /** A claim's lease: after that the worker counts as dead, and another one takes over. */
  get leaseMs(): number {
    return this.sendWithinMs + LEASE_MARGIN_MS;
  }
}
