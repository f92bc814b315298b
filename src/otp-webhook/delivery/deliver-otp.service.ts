import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { Claims } from './claims';
import { DeliveryJobs } from './delivery-jobs';
import { HoldBack } from './hold-back.service';
import type { Lane } from './lane';
import { Lanes } from './lanes';
import { SendOtp } from './send-otp.service';

/**
 * Works the deliveries' jobs. A job ends when its delivery is claimed; sending goes on beside it, a few at once in each lane, so that a
 * slow provider holds up neither the queue nor other units and channels.
 */
@Injectable()
export class DeliverOtp implements OnModuleInit, BeforeApplicationShutdown {
  readonly #sending = new Set<Promise<void>>();
  #draining = false;

  constructor(
    private readonly lanes: Lanes,
    private readonly jobs: DeliveryJobs,
    private readonly claims: Claims,
    private readonly holdBack: HoldBack,
    private readonly sendOtp: SendOtp,
  ) {}

  onModuleInit(): void {
    for (const lane of this.lanes.all)
      this.jobs.define(lane.businessUnit, lane.channel, (id) => this.#wake(lane, id));
  }

  /** The job queue fetches nothing any more; what is being claimed just now waits for its sending, and the queue for it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.#sending);
  }

  async #wake(lane: Lane, id: string): Promise<void> {
    const release = await lane.slot();
    if (this.#draining) {
      release();
      return this.holdBack.until(lane, id, 0);
    }
    const sending = await this.#claim(lane, id).catch((error: unknown) => {
      release();
      throw error;
    });
    const done = sending().finally(() => {
      release();
      this.#sending.delete(done);
    });
    this.#sending.add(done);
    if (this.#draining) await done;
  }

  /** Decides what a job is for; returns the sending that remains to be done. */
  async #claim(lane: Lane, id: string): Promise<() => Promise<void>> {
    const verdict = lane.breaker.ask();
    if (verdict.kind === 'open') {
      await this.holdBack.whileOpen(lane, id, verdict.reason, verdict.waitSeconds);
      return nothing;
    }
    const claimedAt = performance.now();
    const { businessUnit, channel } = lane;
    const wanted = { businessUnit, id, channel, provider: lane.provider.name };
    const result = await this.claims.claim(wanted).catch((error: unknown) => {
      lane.breaker.abandon();
      throw error;
    });
    if (result.kind === 'claimed') return () => this.sendOtp.send(lane, result.claim, claimedAt);
    lane.breaker.abandon();
    if (result.kind === 'early') await this.holdBack.until(lane, id, result.waitSeconds);
    return nothing;
  }
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
