import { Injectable } from '@nestjs/common';
import { WriteBatcher } from '../../platform/database';
import { GatewayError, unprocessable } from '../../platform/errors';
import { Trace } from '../../platform/tracing';
import { DueNotifier } from '../delivery/due-notifier';
import { OtpJournal } from '../otp-journal';
import { HourlyQuota } from './hourly-quota.service';
import { type Acceptance, type Accepted, IntakeRepository, type NewDelivery } from './intake.repository';
import { NewDeliveries } from './new-deliveries';
import type { OtpRequest } from './otp-request.dto';

/** SIMAS-ID must hear within 3 s that nothing could be stored (contract §6, OTP). */
const STORED_WITHIN_MS = 2_500;
const MAX_AT_ONCE = 100;
/**
 * About as long as it takes to answer a hundred senders and to read what they send next. Half of them, because a request costs the
 * program more than the database: while one half is written the other half is answered and comes back, and neither waits for the other.
 */
const BATCH_DELAY = { ms: 6, share: 0.5 };

/** Takes codes in: once this resolves, a code is durable, and its row is what the workers go by. Codes of one moment share a statement. */
@Injectable()
export class AcceptOtp {
  readonly #batches = new WriteBatcher((deliveries: readonly NewDelivery[]) => this.#storeAll(deliveries), {
    most: MAX_AT_ONCE,
    atOnce: 1,
    linger: BATCH_DELAY,
    waitAtMostMs: STORED_WITHIN_MS,
  });

  constructor(
    private readonly newDeliveries: NewDeliveries,
    private readonly quota: HourlyQuota,
    private readonly intake: IntakeRepository,
    private readonly notifier: DueNotifier,
    private readonly journal: OtpJournal,
  ) {}

  /** @throws GatewayError 400, 422, 429 `rate_limited`, 503 when it could not be stored in time */
  async accept(businessUnit: string, request: OtpRequest, idempotencyKey?: string): Promise<Accepted> {
    const delivery = this.newDeliveries.make(businessUnit, request, idempotencyKey);
    const acceptance = await this.#batches.add(delivery);
    this.journal.requested(delivery.channel, acceptance.outcome);
    switch (acceptance.outcome) {
      case 'accepted':
      case 'repeat':
      case 'replayed':
        Trace.note({ deliveryId: acceptance.deliveryId });
        for (const channel of acceptance.superseded ?? []) this.journal.ended(channel, 'superseded');
        return acceptance;
      case 'key_reused':
        throw unprocessable('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
      case 'limited': {
        const { retryAfterSeconds } = acceptance;
        this.journal.limited(delivery, retryAfterSeconds);
        throw new GatewayError(429, 'rate_limited', 'Too many codes.', { retryAfterSeconds });
      }
    }
  }

  async #storeAll(deliveries: readonly NewDelivery[]): Promise<readonly Acceptance[]> {
    const checked: NewDelivery[] = [];
    let acceptances: readonly Acceptance[] = [];
    const isAccepted = (place: number): boolean => acceptances[place]?.outcome === 'accepted';
    try {
      for (const delivery of deliveries) checked.push({ ...delivery, held: await this.quota.take(delivery) });
      acceptances = await this.intake.acceptAll(checked);
    } finally {
      // Repeats and refusals are no messages (contract §6, OTP: duplicates do not count), nor is what could not be stored.
      checked.forEach((delivery, place) => {
        if (delivery.held === 0 && !isAccepted(place)) this.quota.giveBack(delivery);
      });
    }
    this.notifier.publish(checked.filter((_, place) => isAccepted(place)));
    return acceptances;
  }
}
