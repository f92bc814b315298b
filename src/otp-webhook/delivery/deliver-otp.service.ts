import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { ClaimRepository } from './claim.repository';
import { DeliveryJobs } from './queue/delivery-jobs';
import { Deferral } from './queue/deferral.service';
import type { ChannelAccount } from './accounts/channel-account';
import { ChannelAccounts } from './accounts/channel-accounts';
import { SendOtp } from './send-otp.service';

/**
 * Works the deliveries' jobs. A job ends when its delivery is claimed; sending goes on beside it, a few at once in each account, so that a
 * slow provider holds up neither the queue nor other units and channels.
 */
@Injectable()
export class DeliverOtp implements OnModuleInit, BeforeApplicationShutdown {
  readonly #sending = new Set<Promise<void>>();
  #draining = false;

  constructor(
    private readonly accounts: ChannelAccounts,
    private readonly jobs: DeliveryJobs,
    private readonly claims: ClaimRepository,
    private readonly deferral: Deferral,
    private readonly sendOtp: SendOtp,
  ) {}

  onModuleInit(): void {
    for (const account of this.accounts.all)
      this.jobs.define(account.businessUnit, account.channel, (id) => this.#wake(account, id));
  }

  /** The job queue fetches nothing any more; a job under way ends only when its message was sent, and the queue waits for it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.#sending);
  }

  async #wake(account: ChannelAccount, id: string): Promise<void> {
    const release = await account.slot();
    if (this.#draining) {
      release();
      return this.deferral.until(account, id, 0);
    }
    const sending = await this.#claim(account, id).catch((error: unknown) => {
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
  async #claim(account: ChannelAccount, id: string): Promise<() => Promise<void>> {
    const verdict = account.breaker.ask();
    if (verdict.kind === 'open') {
      await this.deferral.whileOpen(account, id, verdict.reason, verdict.waitSeconds);
      return nothing;
    }
    const claimedAt = performance.now();
    const { businessUnit, channel } = account;
    const wanted = { businessUnit, id, channel, provider: account.provider.name };
    const result = await this.claims.claim(wanted).catch((error: unknown) => {
      account.breaker.abandon();
      throw error;
    });
    if (result.kind === 'claimed') return () => this.sendOtp.send(account, result.claim, claimedAt);
    account.breaker.abandon();
    if (result.kind === 'early') await this.deferral.until(account, id, result.waitSeconds);
    return nothing;
  }
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
