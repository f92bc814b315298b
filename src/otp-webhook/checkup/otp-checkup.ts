import { Inject, Injectable } from '@nestjs/common';
import { type BusinessUnit, BusinessUnits } from '../../business-units';
import { Checkup, type HandOver, type Trial, Warning } from '../../platform/checkup';
import { type PlatformSettings, platformSettings, publicUrl } from '../../platform/config';
import { OtpChannels } from '../providers/otp-channels';
import { UnlimitedUnits } from './unlimited-units';

/** Whether each unit's accounts can be used for its channels, and what those who call us must know. */
@Injectable()
class OtpCheckup extends Checkup {
  constructor(
    private readonly units: BusinessUnits,
    private readonly channels: OtpChannels,
    private readonly unlimited: UnlimitedUnits,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
  ) {
    super();
  }

  trials(): readonly Trial[] {
    const accounts = [...this.channels.all()].map(({ businessUnit, provider, client }): Trial => ({
      businessUnit,
      subject: `${provider.channel} (${provider.name})`,
      run: (deadline) => client.probe(deadline),
    }));
    const warnings = this.unlimited.all().map(({ businessUnit, words }): Trial => ({
      businessUnit,
      subject: 'limit for its bill',
      run: () => Promise.reject(new Warning(words)),
    }));
    return [...accounts, ...this.#withoutChannel(), ...warnings];
  }

  /** Units that SIMAS-ID may hand codes to, and that cannot send any. */
  #withoutChannel(): readonly Trial[] {
    const sending = new Set([...this.channels.all()].map(({ businessUnit }) => businessUnit));
    return this.units.all
      .filter(({ id, otpWebhookCredentials }) => otpWebhookCredentials.length > 0 && !sending.has(id))
      .map(({ id: businessUnit }) => ({
        businessUnit,
        subject: 'one-time codes',
        run: () => Promise.reject(new Error('no channel to send them: configure WhatsApp, SMS or e-mail')),
      }));
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

  #receipts(businessUnit: string): readonly HandOver[] {
    return [...this.channels.all()].flatMap((channel) =>
      channel.businessUnit === businessUnit && channel.client.handOver !== undefined
        ? [{ businessUnit, ...channel.client.handOver }]
        : [],
    );
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const OTP_CHECKUP = [OtpCheckup, UnlimitedUnits, OtpChannels];
