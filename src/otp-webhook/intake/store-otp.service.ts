import { Injectable } from '@nestjs/common';
import { WriteBatcher } from '../../platform/database';
import { DueNotifier } from '../delivery/due-notifier';
import {
  type Acceptance,
  type CheckedDelivery,
  IntakeRepository,
  type NewDelivery,
} from './intake.repository';
import { HourlyQuota } from './hourly-quota.service';

/** SIMAS-ID must hear within 3 s that nothing could be stored (contract §6, OTP). */
const STORED_WITHIN_MS = 2_500;
const MAX_AT_ONCE = 100;
/**
 * About as long as it takes to answer a hundred senders and to read what they send next. Half of them, because a request costs the
 * program more than the database: while one half is written the other half is answered and comes back, and neither waits for the other.
 */
const BATCH_DELAY = { ms: 6, share: 0.5 };

/** Stores what is to be delivered, and wakes the workers; requests of one moment share a statement. */
@Injectable()
export class StoreOtp {
  readonly #batches = new WriteBatcher((deliveries: readonly NewDelivery[]) => this.#storeAll(deliveries), {
    most: MAX_AT_ONCE,
    atOnce: 1,
    linger: BATCH_DELAY,
    waitAtMostMs: STORED_WITHIN_MS,
  });

  constructor(
    private readonly quota: HourlyQuota,
    private readonly intake: IntakeRepository,
    private readonly notifier: DueNotifier,
  ) {}

  /** @throws GatewayError 503 when it could not be stored in time */
  store(delivery: NewDelivery): Promise<Acceptance> {
    return this.#batches.add(delivery);
  }

  async #storeAll(deliveries: readonly NewDelivery[]): Promise<readonly Acceptance[]> {
    const checked: CheckedDelivery[] = [];
    const counted: number[] = [];
    let acceptances: readonly Acceptance[] = [];
    try {
      for (const delivery of deliveries) {
        const held = await this.quota.waitSeconds(delivery.businessUnit, delivery.channel);
        counted.push(performance.now());
        checked.push({ ...delivery, held });
      }
      acceptances = await this.intake.acceptAll(checked);
    } finally {
      // Repeats and refusals are no messages (contract §6, OTP: duplicates do not count), nor is what could not be stored.
      checked.forEach(({ businessUnit, channel, held }, place) => {
        if (held === 0 && acceptances[place]?.outcome !== 'accepted')
          this.quota.giveBack(businessUnit, channel, counted[place] ?? 0);
      });
    }
    this.notifier.publish(checked.filter((_, place) => acceptances[place]?.outcome === 'accepted'));
    return acceptances;
  }
}
