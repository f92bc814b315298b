import { Injectable } from '@nestjs/common';
import { type BusinessUnit, BusinessUnits } from '../../business-units';
import {
  ConfigurationError,
  platformSettings,
  publicUrl,
  SettingsRegistry,
  unitPrefix,
} from '../../platform/config';
import { hostOf, PartnerHttpClients } from '../../platform/outbound';
import { otpSettings } from '../otp.settings';
import { MessageTexts } from './message-text';
import type { Channel, ClientContext, OtpClient, Provider } from './otp-provider';
import { PROVIDERS, smsSettings } from './registry';

/** A unit's channel, and through whom. */
export interface UnitChannel {
  readonly businessUnit: string;
  readonly provider: Provider;
  readonly client: OtpClient;
}

/** Which channels each unit has. A channel without configuration does not exist for the unit. */
@Injectable()
export class OtpChannels {
  readonly #channels = new Map<string, ReadonlyMap<Channel, UnitChannel>>();

  constructor(
    units: BusinessUnits,
    private readonly settings: SettingsRegistry,
    private readonly httpClients: PartnerHttpClients,
  ) {
    for (const unit of units.all) this.#channels.set(unit.id, this.#channelsOf(unit));
  }

  of(businessUnit: string, channel: Channel): UnitChannel | undefined {
    return this.#channels.get(businessUnit)?.get(channel);
  }

  /** Every channel of every unit. */
  *all(): Iterable<UnitChannel> {
    for (const channels of this.#channels.values()) yield* channels.values();
  }

  #channelsOf(unit: BusinessUnit): ReadonlyMap<Channel, UnitChannel> {
    const wanted = this.settings.of(smsSettings).optionalForUnit(unit.id).SMS_PROVIDER;
    const context = this.#context(unit);
    const channels = new Map<Channel, UnitChannel>();
    for (const provider of PROVIDERS) {
      const isOther = provider.channel === 'sms' && wanted !== undefined && provider.name !== wanted;
      if (isOther || channels.has(provider.channel)) continue;
      const client = provider.open(this.settings, context);
      if (client !== null) channels.set(provider.channel, { businessUnit: unit.id, provider, client });
      else if (provider.name === wanted) throw notConfigured(unit, provider);
    }
    return channels;
  }

  #context(unit: BusinessUnit): ClientContext {
    const platform = this.settings.of(platformSettings);
    const timeoutMs = platform.values.PARTNER_TIMEOUT_MS;
    const { OTP_LANGUAGE: language, SMS_SUFFIX: suffix } = this.settings
      .of(otpSettings)
      .optionalForUnit(unit.id);
    return {
      unit,
      texts: new MessageTexts({ language, unitName: unit.displayName, suffix }),
      timeoutMs,
      publicUrl: publicUrl(platform),
      httpClient: (partner, baseUrl) =>
        this.httpClients.create({ partner, hosts: [hostOf(baseUrl)], timeoutMs }),
    };
  }
}

function notConfigured(unit: BusinessUnit, { name, settings }: Provider): ConfigurationError {
  const prefix = unitPrefix(unit.id);
  const [missing = ''] = Object.keys(settings.unit);
  return new ConfigurationError([`${prefix}SMS_PROVIDER is ${name}, but ${prefix}${missing} is not set`]);
}
