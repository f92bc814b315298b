import { Inject, Injectable } from '@nestjs/common';
import { type BusinessUnit, BusinessUnits } from '../../business-units';
import { Checkup, type HandOver, type Trial, Warning } from '../../platform/checkup';
import { type PlatformSettings, platformSettings, publicUrl } from '../../platform/config';
import { ChannelSettings } from '../channels/channel-settings';
import { OtpChannels } from '../channels/otp-channels';
import { OtpProviders } from '../channels/otp-providers';
import { UnlimitedUnits } from '../intake/unlimited-units';
import { AccountTrials } from './account-trials';

/** Whether each unit's accounts can be used for its channels, and what those who call us must know. */
@Injectable()
class OtpCheckup extends Checkup {
  constructor(
    private readonly units: BusinessUnits,
    private readonly channels: OtpChannels,
    private readonly accounts: AccountTrials,
    private readonly unlimited: UnlimitedUnits,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    const accounts = [...this.channels.all()].map(({ businessUnit, provider }): Trial => ({
      businessUnit,
      subject: `${provider.channel} (${provider.name})`,
      run: (deadline) => this.accounts.run(businessUnit, provider, deadline),
    }));
    const warnings = this.unlimited.all().map(({ businessUnit, words }): Trial => ({
      businessUnit,
      subject: 'limit for its bill',
      run: () => Promise.reject(new Warning(words)),
    }));
    return [...accounts, ...warnings];
  }

  override handOvers(): readonly HandOver[] {
    return this.units.all.flatMap((unit) => [...this.#sender(unit), ...this.#receipts(unit.id)]);
  }

  #sender({ id: businessUnit, otpWebhookCredentials }: BusinessUnit): readonly HandOver[] {
    if (otpWebhookCredentials.length === 0) return [];
    const facts = {
      'OTP webhook': `POST ${publicUrl(this.platform)}/v1/webhooks/otp`,
      'Basic user': `${otpWebhookCredentials.map(({ user }) => user).join(' or ')}, with its password`,
    };
    return [{ partner: 'SIMAS-ID', businessUnit, facts }];
  }

  /** Twilio is told the address with every message. */
  #receipts(businessUnit: string): readonly HandOver[] {
    if (this.channels.of(businessUnit, 'whatsapp') === undefined) return [];
    const facts = {
      Webhook: `${publicUrl(this.platform)}/v1/webhooks/whatsapp/${businessUnit}`,
      'Verify token': 'the value of WHATSAPP_VERIFY_TOKEN',
      Field: 'messages',
    };
    return [{ partner: 'Meta', businessUnit, facts }];
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const OTP_CHECKUP = [
  OtpCheckup,
  AccountTrials,
  UnlimitedUnits,
  ChannelSettings,
  OtpChannels,
  OtpProviders,
];
