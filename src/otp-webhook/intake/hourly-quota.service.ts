import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import type { Channel } from '../providers/otp-provider';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** What one process knows of a unit's last hour. */
interface Quota {
  readonly limit: number;
  /** Messages that may still be accepted until the next count. */
  left: number;
  /** Until there is room again, as far as the last count could tell. */
  waitSeconds: number;
  countedAt: number;
  /** Whether the last count found nothing left. */
  exhausted: boolean;
  counting: Promise<void> | undefined;
}

const COUNT_EVERY_MS = 1_000;

/**
 * Thousands of messages run up the unit's bill (SMS pumping, otp-channels.md §6.7). A unit with `BU_<BU>_OTP_LIMIT_PER_HOUR` accepts so
 * many for SMS and WhatsApp within an hour, all processes together; each counts once a second, so that the limit costs next to nothing
 * and may be missed by what arrives within that second.
 */
@Injectable()
export class HourlyQuota {
  readonly #quotas = new Map<string, Quota>();

  constructor(
    @Inject(otpSettings.token) private readonly settings: OtpSettings,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** Seconds until the unit may send another message by this channel; 0 = now, and then it counts as sent. */
  async waitSeconds(businessUnit: string, channel: Channel): Promise<number> {
    const quota = this.#quota(businessUnit);
    if (quota.limit === 0 || channel === 'email') return 0;
    if (performance.now() - quota.countedAt > COUNT_EVERY_MS) {
      quota.counting ??= this.#count(businessUnit, quota).finally(() => (quota.counting = undefined));
      await quota.counting;
    }
    if (quota.left === 0) return quota.waitSeconds;
    quota.left -= 1;
    return 0;
  }

  /** What counted as sent at `takenAt` was no message after all; a count since then has seen that for itself. */
  giveBack(businessUnit: string, channel: Channel, takenAt: number): void {
    const quota = this.#quota(businessUnit);
    if (quota.limit === 0 || channel === 'email' || takenAt < quota.countedAt) return;
    quota.left += 1;
  }

  #quota(businessUnit: string): Quota {
    const known = this.#quotas.get(businessUnit);
    if (known !== undefined) return known;
    const limit = this.settings.optionalForUnit(businessUnit).OTP_LIMIT_PER_HOUR ?? 0;
    const quota = {
      limit,
      left: limit,
      waitSeconds: 1,
      countedAt: -Infinity,
      exhausted: false,
      counting: undefined,
    };
    this.#quotas.set(businessUnit, quota);
    return quota;
  }

  async #count(businessUnit: string, quota: Quota): Promise<void> {
    const [row] = await this.database.query<{ sent: number; wait: number | null }>(LAST_HOUR, [
      businessUnit,
      quota.limit,
    ]);
    const wasExhausted = quota.exhausted;
    quota.left = quota.limit - (row?.sent ?? 0);
    quota.exhausted = quota.left === 0;
    quota.waitSeconds = quota.exhausted ? Math.max(1, row?.wait ?? 1) : 1;
    quota.countedAt = performance.now();
    if (quota.exhausted && !wasExhausted)
      this.log.alarm('otp_quota_reached', 'the unit sent as many messages within an hour as it may', {
        businessUnit,
        limit: quota.limit,
        waitSeconds: Math.ceil(quota.waitSeconds),
      });
  }
}

/** The newest messages of the last hour, at most as many as are allowed: when the oldest of them is an hour old, there is room. */
const LAST_HOUR = `
SELECT count(*)::integer AS sent, extract(epoch FROM min(created_at) + interval '1 hour' - clock_timestamp())::float8 AS wait
FROM (
  SELECT created_at FROM otp_delivery
  WHERE business_unit = $1 AND channel <> 'email' AND created_at > now() - interval '1 hour'
  ORDER BY created_at DESC LIMIT $2) newest`;
