import { Injectable } from '@nestjs/common';
import { Notifications } from '../../platform/database';
import type { Channel } from '../providers/otp-provider';

/** One unit's account on one channel: deliveries wait for it. */
export interface AccountKey {
  readonly businessUnit: string;
  readonly channel: Channel;
}

const DUE_CHANNEL = 'otp_due';

/** Neither a unit's name nor a channel's has a blank in it. */
export function keyOf({ businessUnit, channel }: AccountKey): string {
  return `${businessUnit} ${channel}`;
}

/** Tells every worker whose deliveries are due. Best effort, after the commit: each worker looks by itself once a second. */
@Injectable()
export class DueNotifier {
  constructor(private readonly notifications: Notifications) {}

  /** One statement for all of them, in `afterSeconds`. */
  publish(accounts: readonly AccountKey[], afterSeconds = 0): void {
    if (accounts.length === 0) return;
    const keys = [...new Set(accounts.map(keyOf))];
    if (afterSeconds === 0) this.notifications.notify(DUE_CHANNEL, keys);
    else setTimeout(() => this.notifications.notify(DUE_CHANNEL, keys), afterSeconds * 1000).unref();
  }

  /** @param due hears an account's key, or '' when any may have something due */
  async listen(due: (key: string) => void): Promise<void> {
    await this.notifications.listen(DUE_CHANNEL, due);
  }
}
