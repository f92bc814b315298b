import { Injectable } from '@nestjs/common';
import { type BusinessUnit, BusinessUnits } from '../../business-units';
import {
  ConfigurationError,
  platformSettings,
  publicUrl,
  SettingsRegistry,
  unitPrefix,
} from '../../platform/config';
import { HealthChecks } from '../../platform/health';
import { hostOf, PartnerHttpClients } from '../../platform/outbound';
import { otpSettings } from '../otp.settings';
import { MessageTexts } from '../providers/message-text';
import type { Channel, ClientContext, OtpClient, Provider } from '../providers/otp-provider';
import { PROVIDERS, smsSettings } from '../providers/registry';
import { Breaker } from './breaker';
import { type AccountKey, keyOf } from './due-notifier';

/** One unit's account for a channel, as this process sends by it. */
export interface ChannelAccount extends AccountKey {
  readonly provider: Provider;
  readonly client: OtpClient;
  readonly breaker: Breaker;
}

/** Beyond one call's time-out: what recording its outcome may take before the worker counts as dead. */
const LEASE_MARGIN_MS = 2_000;

/** Which channels each unit has. A channel without configuration does not exist for the unit. */
@Injectable()
export class ChannelAccounts {
  readonly #accounts = new Map<string, ChannelAccount>();
  /** Whether this process sends at all. */
  readonly deliver: boolean;
  /** How long one message's sending may take. */
  readonly sendWithinMs: number;
  /** A claim's lease: after that the worker counts as dead, and another one takes over. */
  readonly leaseMs: number;

  constructor(
    units: BusinessUnits,
    private readonly settings: SettingsRegistry,
    private readonly httpClients: PartnerHttpClients,
    health: HealthChecks,
  ) {
    const { ROLE, PARTNER_TIMEOUT_MS } = settings.of(platformSettings).values;
    this.deliver = ROLE !== 'api';
    this.sendWithinMs = PARTNER_TIMEOUT_MS;
    this.leaseMs = PARTNER_TIMEOUT_MS + LEASE_MARGIN_MS;
    for (const unit of units.all) this.#open(unit);
    for (const { channel, businessUnit, breaker } of this.all)
      health.register(`${channel}-${businessUnit}`, () => (breaker.isFailing ? 'degraded' : 'ok'));
  }

  get all(): readonly ChannelAccount[] {
    return [...this.#accounts.values()];
  }

  has(key: AccountKey): boolean {
    return this.#accounts.has(keyOf(key));
  }

  /** Where a hard failure goes on: WhatsApp to SMS, never from a phone to a mailbox (otp-channels.md §6.6). */
  fallbackOf({ businessUnit, channel }: AccountKey): Channel | undefined {
    const { OTP_FALLBACK } = this.settings.of(otpSettings).values;
    const fallsBack = OTP_FALLBACK === 'hard-fail-only' && channel === 'whatsapp';
    return fallsBack && this.has({ businessUnit, channel: 'sms' }) ? 'sms' : undefined;
  }

  #open(unit: BusinessUnit): void {
    const wanted = this.settings.of(smsSettings).optionalForUnit(unit.id).SMS_PROVIDER;
    const context = this.#context(unit);
    for (const provider of PROVIDERS) {
      const { channel, name } = provider;
      const key = { businessUnit: unit.id, channel };
      const isOther = channel === 'sms' && wanted !== undefined && name !== wanted;
      if (isOther || this.has(key)) continue;
      const client = provider.open(this.settings, context);
      if (client !== null)
        this.#accounts.set(keyOf(key), { ...key, provider, client, breaker: new Breaker() });
      else if (name === wanted) throw notConfigured(unit, provider);
    }
  }

  #context(unit: BusinessUnit): ClientContext {
    const timeoutMs = this.sendWithinMs;
    const { OTP_LANGUAGE: language, SMS_SUFFIX: suffix } = this.settings
      .of(otpSettings)
      .optionalForUnit(unit.id);
    return {
      unit,
      texts: new MessageTexts({ language, unitName: unit.displayName, suffix }),
      timeoutMs,
      publicUrl: publicUrl(this.settings.of(platformSettings)),
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
