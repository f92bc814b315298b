import { Inject, Injectable } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../../../platform/config';
import { HealthChecks } from '../../../platform/health';
import { OtpChannels } from '../../providers/otp-channels';
import { ChannelAccount } from './channel-account';
import { LEASE_MARGIN_MS } from '../timing';

/** Every unit's channels, as this process sends by them. */
@Injectable()
export class ChannelAccounts {
  readonly all: readonly ChannelAccount[];
  /** How long one message's sending may take. */
  readonly sendWithinMs: number;

  constructor(
    channels: OtpChannels,
    @Inject(platformSettings.token) settings: PlatformSettings,
    health: HealthChecks,
  ) {
    this.all = [...channels.all()].map((channel) => new ChannelAccount(channel));
    this.sendWithinMs = settings.values.PARTNER_TIMEOUT_MS;
    health.register('otpChannels', () =>
      this.all.some(({ breaker }) => breaker.openBecause !== undefined) ? 'degraded' : 'ok',
    );
  }

  /** A claim's lease: after that the worker counts as dead, and another one takes over. */
  get leaseMs(): number {
    return this.sendWithinMs + LEASE_MARGIN_MS;
  }
}
