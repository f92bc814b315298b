import { Inject, Injectable } from '@nestjs/common';
import { OtpChannels } from '../providers/otp-channels';
import type { Channel } from '../providers/otp-provider';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** Where a hard failure may go on: WhatsApp to SMS, never from a phone to a mailbox (otp-channels.md §6.6). */
@Injectable()
export class FallbackPolicy {
  readonly #enabled: boolean;

  constructor(
    @Inject(otpSettings.token) settings: OtpSettings,
    private readonly channels: OtpChannels,
  ) {
    this.#enabled = settings.values.OTP_FALLBACK === 'hard-fail-only';
  }

  after(businessUnit: string, channel: Channel): Channel | undefined {
    if (!this.#enabled || channel !== 'whatsapp') return undefined;
    return this.channels.of(businessUnit, 'sms')?.provider.channel;
  }
}
