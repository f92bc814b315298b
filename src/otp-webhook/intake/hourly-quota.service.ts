import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import type { AccountKey } from '../delivery/due-notifier';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** What one process knows of a unit's last hour. */
interface Quota {
  readonly limit: number;
  /** Messages that may still be accepted until the next count. */
  left: number;
  /** Until there is room again, where the last count found none; else 0. */
  exhaustedForSeconds: number;
  countedAt: number;
  counting?: Promise<void> | undefined;
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
  async take(account: AccountKey): Promise<number> {
    const quota = this.#quotaOf(account);
    if (quota === undefined) return 0;
    if (performance.now() - quota.countedAt > COUNT_EVERY_MS) {
      quota.counting ??= this.#count(account.businessUnit, quota).finally(() => (quota.counting = undefined));
      await quota.counting;
    }
    if (quota.left === 0) return Math.max(1, quota.exhaustedForSeconds);
    quota.left -= 1;
    return 0;
  }

  /**
   * What counted as sent was no message after all. Where the messages were counted in between, the count has left it out already: until the
   * next one, a second later, one message more than the limit may be accepted.
   */
  giveBack(account: AccountKey): void {
    const quota = this.#quotaOf(account);
    if (quota !== undefined) quota.left += 1;
  }

  /** Undefined where nothing is limited. */
  #quotaOf({ businessUnit, channel }: AccountKey): Quota | undefined {
    const limit = this.settings.optionalForUnit(businessUnit).OTP_LIMIT_PER_HOUR ?? 0;
    if (limit === 0 || channel === 'email') return undefined;
    const quota = this.#quotas.get(businessUnit) ?? {
      limit,
      left: limit,
      exhaustedForSeconds: 0,
      countedAt: -Infinity,
    };
    this.#quotas.set(businessUnit, quota);
    return quota;
  }

  async #count(businessUnit: string, quota: Quota): Promise<void> {
    const { limit, exhaustedForSeconds: before } = quota;
    const [row] = await this.database.query<{ sent: number; wait: number }>(LAST_HOUR, [businessUnit, limit]);
    const { sent, wait } = row ?? { sent: 0, wait: 0 };
    quota.left = limit - sent;
    quota.exhaustedForSeconds = quota.left === 0 ? Math.max(1, wait) : 0;
    quota.countedAt = performance.now();
    if (quota.left > 0 || before > 0) return;
    const words = 'the unit sent as many messages within an hour as it may';
    const waitSeconds = Math.ceil(quota.exhaustedForSeconds);
    this.log.alarm('otp_quota_reached', words, { businessUnit, limit, waitSeconds });
  }
}

/** The newest messages of the last hour, at most as many as are allowed: when the oldest of them is an hour old, there is room. */
const LAST_HOUR = `
SELECT count(*)::integer AS sent, extract(epoch FROM min(created_at) + interval '1 hour' - clock_timestamp())::float8 AS wait
FROM (
  SELECT created_at FROM otp_delivery
  WHERE business_unit = $1 AND channel <> 'email' AND created_at > now() - interval '1 hour'
  ORDER BY created_at DESC LIMIT $2) newest`;
