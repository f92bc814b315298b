import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type PlatformSettings, platformSettings, unitPrefix } from '../../platform/config';
import { Log } from '../../platform/logging';
import { OtpChannels } from '../providers/otp-channels';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** Units that have no limit for SMS and WhatsApp and did not set `0`: told at start and by `npm run doctor` (contract §7.3). */
@Injectable()
export class UnlimitedUnits implements OnModuleInit {
  constructor(
    private readonly channels: OtpChannels,
    @Inject(otpSettings.token) private readonly settings: OtpSettings,
    @Inject(platformSettings.token) private readonly platform: PlatformSettings,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    for (const { businessUnit, words } of this.all()) this.log.warn(words, { businessUnit });
  }

  all(): readonly { readonly businessUnit: string; readonly words: string }[] {
    if (this.platform.values.NODE_ENV !== 'production') return [];
    const paid = [...this.channels.all()].filter(({ provider }) => provider.channel !== 'email');
    return [...new Set(paid.map(({ businessUnit }) => businessUnit))]
      .filter((businessUnit) => this.settings.optionalForUnit(businessUnit).OTP_LIMIT_PER_HOUR === undefined)
      .map((businessUnit) => ({
        businessUnit,
        words: `${unitPrefix(businessUnit)}OTP_LIMIT_PER_HOUR is unset: nothing limits what codes cost the unit (0 says that this is meant)`,
      }));
  }
}
