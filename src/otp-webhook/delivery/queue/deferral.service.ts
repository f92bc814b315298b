import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database';
import type { OpenReason } from '../accounts/breaker';
import { DeliveryJobs } from './delivery-jobs';
import { DeliveryJournal } from '../delivery-journal';
import { FallbackPolicy } from '../fallback-policy';
import type { ChannelAccount } from '../accounts/channel-account';
import { WaitingDeliveries } from './waiting-deliveries';

/** What becomes of deliveries whose channel takes nothing at the moment. */
@Injectable()
export class Deferral {
  constructor(
    private readonly database: Database,
    private readonly waiting: WaitingDeliveries,
    private readonly jobs: DeliveryJobs,
    private readonly fallbacks: FallbackPolicy,
    private readonly journal: DeliveryJournal,
  ) {}

  /** The breaker is open: go by the fallback channel where its reason allows that, else wait. */
  async whileOpen(
    account: ChannelAccount,
    id: string,
    reason: OpenReason,
    waitSeconds: number,
  ): Promise<void> {
    const key = { businessUnit: account.businessUnit, id, channel: account.channel };
    const to =
      reason === 'unavailable' ? undefined : this.fallbacks.after(account.businessUnit, account.channel);
    await this.database.transaction(async (tx) => {
      if (to === undefined) {
        const wait = await this.waiting.postpone(tx, key, waitSeconds);
        if (wait !== null) await this.jobs.enqueue(tx, key, wait);
      } else if (await this.waiting.divert(tx, key, to)) {
        await this.jobs.enqueue(tx, { ...key, channel: to });
        tx.afterCommit(() => this.journal.fellBack(account.channel, to, reason));
      }
    });
  }

  /** The job came before its time, or to a process that is about to end: another job takes its place. */
  async until(account: ChannelAccount, id: string, waitSeconds: number): Promise<void> {
    const key = { businessUnit: account.businessUnit, id, channel: account.channel };
    await this.database.transaction((tx) => this.jobs.enqueue(tx, key, waitSeconds));
  }
}
