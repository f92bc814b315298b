import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database';
import { Log } from '../../platform/logging';
import type { Channel } from '../channels/otp-provider';
import { type OtpSettings, otpSettings } from '../otp.settings';

/** What one process knows of a unit's last hour. */
interface Fuse {
  readonly limit: number;
  /** Messages that may still be accepted until the next look. */
  left: number;
  /** Until there is room again, as far as the last look could tell. */
  waitSeconds: number;
  lookedAt: number;
  /** What the last look found. */
  blown: boolean;
  looking: Promise<void> | undefined;
}

const LOOK_EVERY_MS = 1_000;

/**
 * Whoever makes us send thousands of messages runs up the unit's bill (SMS pumping, otp-channels.md §6.7). A unit with
 * `BU_<BU>_OTP_LIMIT_PER_HOUR` accepts so many for SMS and WhatsApp within an hour, not one process but all together; each looks
 * once a second, so that the limit costs next to nothing and may be missed by what arrives within that second.
 */
@Injectable()
export class SpendFuse {
  readonly #fuses = new Map<string, Fuse>();

  constructor(
    @Inject(otpSettings.token) private readonly settings: OtpSettings,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** Seconds until the unit may send another message by this channel; 0 = now, and then it counts as sent. */
  waitSeconds(businessUnit: string, channel: Channel): number | Promise<number> {
    const fuse = this.#fuse(businessUnit);
    // Most units have none: a promise that need not be waited for is not made.
    if (fuse.limit === 0 || channel === 'email') return 0;
    return this.#take(businessUnit, fuse);
  }

  async #take(businessUnit: string, fuse: Fuse): Promise<number> {
    if (performance.now() - fuse.lookedAt > LOOK_EVERY_MS) {
      fuse.looking ??= this.#look(businessUnit, fuse).finally(() => (fuse.looking = undefined));
      await fuse.looking;
    }
    if (fuse.left === 0) return fuse.waitSeconds;
    fuse.left -= 1;
    return 0;
  }

  /** What counted as sent at `takenAt` was no message after all; a look since then has seen that for itself. */
  giveBack(businessUnit: string, channel: Channel, takenAt: number): void {
    const fuse = this.#fuse(businessUnit);
    if (fuse.limit === 0 || channel === 'email' || takenAt < fuse.lookedAt) return;
    fuse.left += 1;
  }

  #fuse(businessUnit: string): Fuse {
    const known = this.#fuses.get(businessUnit);
    if (known !== undefined) return known;
    const limit = this.settings.optionalForUnit(businessUnit).OTP_LIMIT_PER_HOUR ?? 0;
    const fuse = {
      limit,
      left: limit,
      waitSeconds: 1,
      lookedAt: -Infinity,
      blown: false,
      looking: undefined,
    };
    this.#fuses.set(businessUnit, fuse);
    return fuse;
  }

  async #look(businessUnit: string, fuse: Fuse): Promise<void> {
    const [row] = await this.database.query<{ sent: number; wait: number | null }>(LAST_HOUR, [
      businessUnit,
      fuse.limit,
    ]);
    const wasBlown = fuse.blown;
    fuse.left = fuse.limit - (row?.sent ?? 0);
    fuse.blown = fuse.left === 0;
    fuse.waitSeconds = fuse.blown ? Math.max(1, row?.wait ?? 1) : 1;
    fuse.lookedAt = performance.now();
    if (fuse.blown && !wasBlown)
      this.log.alarm('otp spend fuse: the unit sent as many messages within an hour as it may', {
        businessUnit,
        limit: fuse.limit,
        waitSeconds: Math.ceil(fuse.waitSeconds),
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
