import { Inject, Injectable } from '@nestjs/common';
import { type BusinessUnit, BusinessUnits } from '../../business-units';
import { ConfigurationError, unitPrefix } from '../../platform/config';
import type { Channel, OtpProvider } from './otp-provider';
import { OtpProviders } from './otp-providers';
import { type SmsSettings, smsSettings } from './sms.settings';

/** Which channels each unit has, and through whom. A channel without configuration does not exist for the unit. */
@Injectable()
export class OtpChannels {
  readonly #providers = new Map<string, ReadonlyMap<Channel, OtpProvider>>();

  constructor(
    units: BusinessUnits,
    private readonly providers: OtpProviders,
    @Inject(smsSettings.token) private readonly settings: SmsSettings,
  ) {
    for (const unit of units.all) this.#providers.set(unit.id, this.#channelsOf(unit));
  }

  of(businessUnit: string, channel: Channel): OtpProvider | undefined {
    return this.#providers.get(businessUnit)?.get(channel);
  }

  /** Every channel of every unit. */
  *all(): Iterable<{ readonly businessUnit: string; readonly provider: OtpProvider }> {
    for (const [businessUnit, providers] of this.#providers)
      for (const provider of providers.values()) yield { businessUnit, provider };
  }

  #channelsOf(unit: BusinessUnit): ReadonlyMap<Channel, OtpProvider> {
    const providers = [this.providers.whatsapp(unit), this.#sms(unit), this.providers.email(unit)];
    return new Map(
      providers.flatMap((provider) => (provider === null ? [] : [[provider.channel, provider]])),
    );
  }

  #sms(unit: BusinessUnit): OtpProvider | null {
    const wanted = this.settings.optionalForUnit(unit.id).SMS_PROVIDER;
    if (wanted === undefined) return this.providers.twilio(unit) ?? this.providers.smsHttp(unit);
    const provider = wanted === 'twilio' ? this.providers.twilio(unit) : this.providers.smsHttp(unit);
    if (provider !== null) return provider;
    const prefix = unitPrefix(unit.id);
    const missing = wanted === 'twilio' ? `${prefix}TWILIO_…` : `${prefix}SMS_HTTP_…`;
    throw new ConfigurationError([`${prefix}SMS_PROVIDER is ${wanted}, but ${missing} is not set`]);
  }
}
