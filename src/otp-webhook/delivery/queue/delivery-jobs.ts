import { Injectable } from '@nestjs/common';
import type { Prepared, Row, Transaction } from '../../../platform/database';
import { JobQueue, type NewJob } from '../../../platform/jobs';
import type { Channel } from '../../providers/otp-provider';

/** Jobs of one channel of one unit that a process works on at once. */
const HANDS = 4;

/** Deliveries that one job wakes a worker for, at most: more would stay with one process while others have nothing to do. */
const DELIVERIES_A_JOB = 16;

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

/**
 * A job only wakes a worker; what is to be done stands in the deliveries' rows. Jobs hold ids alone: of deliveries of one moment that go
 * the same way, and it does no harm when one of them does not exist.
 */
@Injectable()
export class DeliveryJobs {
  readonly #defined = new Set<string>();

  constructor(private readonly queue: JobQueue) {}

  /** @param wake called with a delivery's id; it may be done with already */
  define(businessUnit: string, channel: Channel, wake: (id: string) => Promise<void>): void {
    const name = queueName(businessUnit, channel);
    this.#defined.add(name);
    this.queue.define(
      // A job is done once its deliveries are claimed, which takes milliseconds; the lease covers what happens afterwards.
      { name, concurrency: HANDS, expireInSeconds: 10, retryLimit: 2 },
      async ({ ids }) => {
        await Promise.all(String(ids).split(' ').map(wake));
      },
    );
  }

  /** A job that wakes a worker in `waitSeconds`, 0 = at once. */
  enqueue(tx: Transaction, delivery: DeliveryAddress, waitSeconds = 0): Promise<void> {
    return this.enqueueAll(tx, [{ ...delivery, waitSeconds }]);
  }

  enqueueAll(tx: Transaction, deliveries: readonly WaitingDelivery[]): Promise<void> {
    return this.queue.enqueueAll(tx, this.#jobs(deliveries));
  }

  /** In the same round trip as the statement that writes the deliveries. */
  enqueueWith<R extends Row>(
    deliveries: readonly DeliveryAddress[],
    statement: Prepared,
    parameters: readonly unknown[],
  ): Promise<R[]> {
    const jobs = this.#jobs(
      deliveries.map(({ businessUnit, id, channel }) => ({ businessUnit, id, channel, waitSeconds: 0 })),
    );
    return this.queue.enqueueWith(jobs, statement, parameters);
  }

  /** A channel that was configured once and is not any more gets no jobs: its deliveries expire. */
  #jobs(deliveries: readonly WaitingDelivery[]): NewJob[] {
    const ways = new Map<
      string,
      { readonly name: string; readonly waitSeconds: number; readonly ids: string[] }
    >();
    for (const { businessUnit, channel, id, waitSeconds } of deliveries) {
      const name = queueName(businessUnit, channel);
      if (!this.#defined.has(name)) continue;
      const way = ways.get(`${name} ${waitSeconds}`) ?? { name, waitSeconds, ids: [] };
      way.ids.push(id);
      ways.set(`${name} ${waitSeconds}`, way);
    }
    return [...ways.values()].flatMap(({ name, waitSeconds, ids }) =>
      inLots(ids).map((lot) => ({ name, data: { ids: lot.join(' ') }, startAfterSeconds: waitSeconds })),
    );
  }
}

function inLots(ids: readonly string[]): string[][] {
  const lots = Math.ceil(ids.length / DELIVERIES_A_JOB);
  return Array.from({ length: lots }, (_, lot) =>
    ids.slice(lot * DELIVERIES_A_JOB, (lot + 1) * DELIVERIES_A_JOB),
  );
}

function queueName(businessUnit: string, channel: Channel): string {
  return `otp-${businessUnit}-${channel}`;
}
