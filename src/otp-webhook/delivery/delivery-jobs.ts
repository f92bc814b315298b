import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import { JobQueue } from '../../platform/jobs';
import type { Channel } from '../channels/otp-provider';

/** Jobs of one channel of one unit that are being claimed at once; they share their statements. */
const HANDS = 16;

/** Which delivery, and by which channel it goes now. */
export interface DeliveryAddress {
  readonly businessUnit: string;
  readonly id: string;
  readonly channel: Channel;
}

export interface WaitingDelivery extends DeliveryAddress {
  /** Until its next try. */
  readonly waitSeconds: number;
}

/** A job only wakes a worker; what is to be done stands in the delivery's row. Jobs hold the delivery's id alone. */
@Injectable()
export class DeliveryJobs {
  readonly #defined = new Set<string>();

  constructor(private readonly queue: JobQueue) {}

  /** One queue for each unit and channel, so that a slow one holds up nobody else. */
  define(businessUnit: string, channel: Channel, wake: (id: string) => Promise<void>): void {
    const name = queueName(businessUnit, channel);
    this.#defined.add(name);
    this.queue.define(
      // A job is done once the delivery is claimed, which takes milliseconds; what happens afterwards is the lease's business.
      { name, concurrency: HANDS, expireInSeconds: 10, retryLimit: 2 },
      (data) => wake(String(data['id'])),
    );
  }

  /** A job that wakes a worker in `waitSeconds`, 0 = at once. */
  async enqueue(tx: Transaction, delivery: DeliveryAddress, waitSeconds = 0): Promise<void> {
    await this.enqueueAll(tx, [{ ...delivery, waitSeconds }]);
  }

  /** A channel that was configured once and is not any more gets no jobs: its deliveries expire. */
  async enqueueAll(tx: Transaction, deliveries: readonly WaitingDelivery[]): Promise<void> {
    const jobs = deliveries.map(({ businessUnit, channel, id, waitSeconds }) => ({
      name: queueName(businessUnit, channel),
      data: { id },
      startAfterSeconds: waitSeconds,
    }));
    await this.queue.enqueueAll(
      tx,
      jobs.filter(({ name }) => this.#defined.has(name)),
    );
  }
}

function queueName(businessUnit: string, channel: Channel): string {
  return `otp-${businessUnit}-${channel}`;
}
