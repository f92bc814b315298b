import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BusinessUnits } from '../../business-units';
import { Checkup, type HandOver, type Trial, Warning } from '../../platform/checkup';
import { platformSettings, publicUrl, SettingsRegistry, unitPrefix } from '../../platform/config';
import { Log } from '../../platform/logging';
import { ChannelAccounts } from '../delivery/channel-accounts';
import { otpSettings } from '../otp.settings';

/** Whether each unit's accounts can be used for its channels, and what those who call us must know. */
@Injectable()
export class OtpCheckup extends Checkup implements OnModuleInit {
  constructor(
    private readonly units: BusinessUnits,
    private readonly accounts: ChannelAccounts,
    private readonly settings: SettingsRegistry,
    private readonly log: Log,
  ) {
    super();
  }

  onModuleInit(): void {
    for (const { businessUnit, words } of this.#unlimited()) this.log.warn(words, { businessUnit });
  }

  trials(): readonly Trial[] {
    const accounts = this.accounts.all.map(({ businessUnit, provider, client }): Trial => ({
      businessUnit,
      subject: `${provider.channel} (${provider.name})`,
      run: (deadline) => client.probe(deadline),
    }));
    const withoutChannel = this.#withoutChannel().map((businessUnit): Trial => ({
      businessUnit,
      subject: 'one-time codes',
      run: () => Promise.reject(new Error('no channel to send them: configure WhatsApp, SMS or e-mail')),
    }));
    const unlimited = this.#unlimited().map(({ businessUnit, words }): Trial => ({
      businessUnit,
      subject: 'limit for its bill',
      run: () => Promise.reject(new Warning(words)),
    }));
    return [...accounts, ...withoutChannel, ...unlimited];
  }

  override handOvers(): readonly HandOver[] {
    return this.units.all.flatMap(({ id: businessUnit, otpWebhookCredentials }): HandOver[] => {
      const users = otpWebhookCredentials.map(({ user }) => user).join(' or ');
      const facts = {
        'OTP webhook': `POST ${publicUrl(this.settings.of(platformSettings))}/v1/webhooks/otp`,
        'Basic user': `${users}, with its password`,
      };
      const receipts = this.accounts.all.flatMap(({ businessUnit: unit, client: { handOver } }) =>
        unit === businessUnit && handOver !== undefined ? [{ businessUnit, ...handOver }] : [],
      );
      return [...(users === '' ? [] : [{ partner: 'SIMAS-ID', businessUnit, facts }]), ...receipts];
    });
  }

  /** Units that SIMAS-ID may hand codes to, and that cannot send any. */
  #withoutChannel(): string[] {
    const sending = new Set(this.accounts.all.map(({ businessUnit }) => businessUnit));
    return this.units.all.flatMap(({ id, otpWebhookCredentials }) =>
      otpWebhookCredentials.length > 0 && !sending.has(id) ? [id] : [],
    );
  }

  /** Units that have no limit for SMS and WhatsApp and did not set `0`: told at start and by `npm run doctor` (contract §7.3). */
  #unlimited(): { readonly businessUnit: string; readonly words: string }[] {
    if (this.settings.of(platformSettings).values.NODE_ENV !== 'production') return [];
    const paid = this.accounts.all.filter(({ channel }) => channel !== 'email');
    const limits = this.settings.of(otpSettings);
    return [...new Set(paid.map(({ businessUnit }) => businessUnit))]
      .filter((businessUnit) => limits.optionalForUnit(businessUnit).OTP_LIMIT_PER_HOUR === undefined)
      .map((businessUnit) => ({
        businessUnit,
        words: `${unitPrefix(businessUnit)}OTP_LIMIT_PER_HOUR is unset: nothing limits what codes cost the unit (0 says that this is meant)`,
      }));
  }
}

/** What `npm run doctor` needs of this module, without the rest of it. */
export const OTP_CHECKUP = [OtpCheckup, ChannelAccounts];
