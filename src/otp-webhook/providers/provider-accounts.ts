import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { BusinessUnit } from '../../business-units';
import { type PlatformSettings, platformSettings, publicUrl } from '../../platform/config';
import { hostOf, PartnerHttpClients } from '../../platform/outbound';
import { type OtpSettings, otpSettings } from '../otp.settings';
import { messageTexts } from './message-text';
import type { ClientContext, OtpClient, Provider } from './otp-provider';

/** Opens each unit's account at each provider. */
@Injectable()
export class ProviderAccounts {
  constructor(
    private readonly modules: ModuleRef,
    private readonly httpClients: PartnerHttpClients,
    @Inject(otpSettings.token) private readonly settings: OtpSettings,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
  ) {}

  /** Null where the unit has no account. */
  open(provider: Provider, unit: BusinessUnit): OtpClient | null {
    return provider.open(
      ({ token }) => this.modules.get(token, { strict: false }),
      this.#context(provider, unit),
    );
  }

  #context(provider: Provider, unit: BusinessUnit): ClientContext {
    const { OTP_LANGUAGE: language, SMS_SUFFIX: suffix } = this.settings.optionalForUnit(unit.id);
    const timeoutMs = this.platform.values.PARTNER_TIMEOUT_MS;
    return {
      unit,
      texts: messageTexts({ language, unitName: unit.displayName, suffix }),
      timeoutMs,
      publicUrl: publicUrl(this.platform),
      httpClient: (baseUrl, partner = provider.name) =>
        this.httpClients.create({ partner, hosts: [hostOf(baseUrl)], timeoutMs }),
    };
  }
}
