import { Inject, Injectable } from '@nestjs/common';
import type { BusinessUnit } from '../../business-units';
import { type PlatformSettings, platformSettings, publicUrl } from '../../platform/config';
import { hostOf, type PartnerHttpClient, PartnerHttpClients } from '../../platform/outbound';
import { type OtpSettings, otpSettings } from '../otp.settings';
import { ChannelSettings } from './channel-settings';
import type { Language } from './message-text';
import type { OtpProvider } from './otp-provider';
import { SmsHttpClient } from './sms-http.client';
import { SmtpClient } from './smtp.client';
import { TwilioClient } from './twilio.client';
import { WhatsappClient } from './whatsapp.client';

/** Opens each unit's account at each provider; null where the unit has none. */
@Injectable()
export class OtpProviders {
  constructor(
    private readonly httpClients: PartnerHttpClients,
    private readonly accounts: ChannelSettings,
    @Inject(otpSettings.token) private readonly settings: OtpSettings,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
  ) {}

  email(unit: BusinessUnit): OtpProvider | null {
    const account = this.accounts.smtp.forUnit(unit.id);
    if (account === null) return null;
    return new SmtpClient({ account, ...this.#wording(unit) }, this.#timeoutMs);
  }

  whatsapp(unit: BusinessUnit): OtpProvider | null {
    const account = this.accounts.whatsapp.forUnit(unit.id);
    if (account === null) return null;
    const baseUrl = this.accounts.whatsapp.values.WHATSAPP_BASE_URL;
    return new WhatsappClient(this.#http('whatsapp', baseUrl), baseUrl, account);
  }

  twilio(unit: BusinessUnit): OtpProvider | null {
    const account = this.accounts.twilio.forUnit(unit.id);
    if (account === null) return null;
    const baseUrl = this.accounts.twilio.values.TWILIO_BASE_URL;
    const statusCallback = `${publicUrl(this.platform)}/v1/webhooks/sms/${unit.id}`;
    return new TwilioClient(this.#http('twilio', baseUrl), {
      account,
      baseUrl,
      statusCallback,
      ...this.#smsWording(unit),
    });
  }

  smsHttp(unit: BusinessUnit): OtpProvider | null {
    const account = this.accounts.smsHttp.forUnit(unit.id);
    if (account === null) return null;
    return new SmsHttpClient(this.#http('sms-http', account.SMS_HTTP_URL), {
      account,
      ...this.#smsWording(unit),
    });
  }

  /** An HTTP client, and so a breaker and a concurrency cap, for each unit alone: one unit's trouble is not another's. */
  #http(partner: string, baseUrl: string): PartnerHttpClient {
    return this.httpClients.create({ partner, hosts: [hostOf(baseUrl)], timeoutMs: this.#timeoutMs });
  }

  #wording(unit: BusinessUnit): { unitName: string; language: Language } {
    return {
      unitName: unit.displayName,
      language: this.settings.optionalForUnit(unit.id).OTP_LANGUAGE ?? 'id',
    };
  }

  #smsWording(unit: BusinessUnit): { unitName: string; language: Language; suffix: string | undefined } {
    return { ...this.#wording(unit), suffix: this.accounts.sms.optionalForUnit(unit.id).SMS_SUFFIX };
  }

  get #timeoutMs(): number {
    return this.platform.values.PARTNER_TIMEOUT_MS;
  }
}
