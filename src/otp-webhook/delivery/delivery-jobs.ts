import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import { JobQueue } from '../../platform/jobs';
import type { Channel } from '../channels/otp-provider';

/** Which delivery, and by which channel it goes now. */
export interface DeliveryAddress {
  readonly businessUnit: string;
  readonly id: string;
  readonly channel: Channel;
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
      { name, concurrency: 2, expireInSeconds: 10, retryLimit: 2 },
      (data) => wake(String(data['id'])),
    );
  }

  /** A channel that was configured once and is not any more gets no jobs: its deliveries expire. */
  async enqueue(tx: Transaction, delivery: DeliveryAddress, afterSeconds = 0): Promise<void> {
    const name = queueName(delivery.businessUnit, delivery.channel);
    if (!this.#defined.has(name)) return;
    await this.queue.enqueue(tx, name, { id: delivery.id }, { startAfterSeconds: afterSeconds });
  }
}

function queueName(businessUnit: string, channel: Channel): string {
  return `otp-${businessUnit}-${channel}`;
}
