import { Injectable } from '@nestjs/common';
import { Batches, Database } from '../../platform/database';
import { temporarilyUnavailable } from '../../platform/errors';
import { DeliveryJobs } from '../delivery/delivery-jobs';
import { type Acceptance, IntakeRepository, type NewDelivery } from './intake.repository';
import { SpendFuse } from './spend-fuse.service';

/** SIMAS-ID must hear within 3 s that nothing could be stored (contract §6, OTP). */
const STORED_WITHIN_MS = 2_500;
const MOST_AT_ONCE = 50;
/** One batch is written while the one before waits for the disk. */
const BATCHES_AT_ONCE = 2;

/** Stores what is to be delivered, together with the jobs that deliver it; requests of one moment share a transaction. */
@Injectable()
export class StoreOtp {
  readonly #batches = new Batches((deliveries: readonly NewDelivery[]) => this.#storeAll(deliveries), {
    most: MOST_AT_ONCE,
    atOnce: BATCHES_AT_ONCE,
    waitAtMostMs: STORED_WITHIN_MS,
  });

  constructor(
    private readonly fuse: SpendFuse,
    private readonly database: Database,
    private readonly intake: IntakeRepository,
    private readonly jobs: DeliveryJobs,
  ) {}

  /** @throws GatewayError 503 when it could not be stored in time */
  store(delivery: Omit<NewDelivery, 'heldSeconds'>): Promise<Acceptance> {
    return inTime(this.#store(delivery));
  }

  async #store(delivery: Omit<NewDelivery, 'heldSeconds'>): Promise<Acceptance> {
    const { businessUnit, channel } = delivery;
    const heldSeconds = await this.fuse.waitSeconds(businessUnit, channel);
    const takenAt = performance.now();
    const acceptance = await this.#storeJudged({ ...delivery, heldSeconds });
    // Repeats and refusals are no messages (contract §6, OTP: duplicates do not count).
    if (heldSeconds === 0 && acceptance.outcome !== 'accepted')
      this.fuse.giveBack(businessUnit, channel, takenAt);
    return acceptance;
  }

  async #storeJudged(delivery: NewDelivery): Promise<Acceptance> {
    try {
      return await this.#batches.add(delivery);
    } catch (error) {
      // Two requests with one Idempotency-Key at once: by now the other one is committed and can be compared.
      if (!isUniqueViolation(error)) throw error;
      return this.#batches.add(delivery);
    }
  }

  /** Nothing waits for an answer before the commit: all of it is one trip to the database. */
  async #storeAll(deliveries: readonly NewDelivery[]): Promise<readonly Acceptance[]> {
    const answers: Promise<readonly Acceptance[]>[] = [];
    const committing = this.database.transaction((tx) => {
      const accepting = this.intake.acceptAll(tx, deliveries);
      // Also for what turns out to be a repeat or too much: a job whose delivery does not exist is over at once.
      const enqueueing = this.jobs.enqueueAll(
        tx,
        deliveries.map(({ businessUnit, id, channel }) => ({ businessUnit, id, channel, waitSeconds: 0 })),
      );
      for (const statement of [accepting, enqueueing]) statement.catch(() => undefined); // the commit fails, too
      answers.push(accepting);
      return Promise.resolve();
    });
    // Where accepting failed, it knows why, and the commit only that something did.
    await committing.catch(async (error: unknown) => {
      await Promise.all(answers);
      throw error;
    });
    return (await Promise.all(answers)).flat();
  }
}

/** A database that hangs instead of failing must not make the sender wait: a repeat of the request finds what was stored after all. */
async function inTime<T>(storing: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(temporarilyUnavailable('The gateway cannot store anything right now.')),
      STORED_WITHIN_MS,
    );
  });
  try {
    return await Promise.race([storing, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
