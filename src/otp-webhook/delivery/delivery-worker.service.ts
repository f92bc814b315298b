import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { isDatabaseAway } from '../../platform/errors';
import { type ChannelAccount, ChannelAccounts } from './channel-accounts';
import { ChannelWorker, type DeliverySteps } from './channel-worker';
import { DeliveryJournal } from './delivery-journal';
import { type Claim, DeliveryRepository, type DueDeliveries } from './delivery.repository';
import { DueNotifier, keyOf } from './due-notifier';
import { SendOtp } from './send-otp.service';

/** Delivers codes in every process that works: claims due rows, sends each message, records what came of it. */
@Injectable()
export class DeliveryWorker
  implements DeliverySteps, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  readonly #workers = new Map<string, ChannelWorker>();

  constructor(
    private readonly accounts: ChannelAccounts,
    private readonly notifier: DueNotifier,
    private readonly deliveries: DeliveryRepository,
    private readonly sendOtp: SendOtp,
    private readonly journal: DeliveryJournal,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.accounts.deliver) return;
    for (const account of this.accounts.all)
      this.#workers.set(keyOf(account), new ChannelWorker(account, this));
    await this.notifier.listen((key) => this.wake(key));
    this.wake('');
  }

  /** The first step of a shutdown. */
  onModuleDestroy(): void {
    for (const worker of this.#workers.values()) worker.retire();
  }

  /** While the database connections are still open. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.settle()));
  }

  /** @param key the account of which something may be due; '' is all of them */
  wake(key: string): void {
    if (key === '') for (const worker of this.#workers.values()) worker.wake();
    else this.#workers.get(key)?.wake();
  }

  async claim(account: ChannelAccount, places: number): Promise<DueDeliveries> {
    const due = await this.deliveries.claim(account, account.provider.name, places, this.accounts.leaseMs);
    if (due.superseded > 0) this.journal.ended(account.channel, 'superseded', due.superseded);
    return due;
  }

  send(account: ChannelAccount, claim: Claim, claimedAt: number): Promise<void> {
    return this.sendOtp.send(account, claim, claimedAt);
  }

  /** Where an operator must act, what is due goes by the fallback channel; else it waits. */
  async rest(account: ChannelAccount): Promise<void> {
    const { businessUnit, channel, fallback, breaker } = account;
    if (fallback === undefined || breaker.openBecause === 'unavailable') return;
    const diverted = await this.deliveries.divert(account, fallback);
    if (diverted === 0) return;
    this.journal.fellBack(channel, fallback, breaker.openBecause ?? 'setup', diverted);
    this.notifier.publish([{ businessUnit, channel: fallback }]);
  }

  /** A database that is away says so elsewhere; the next sweep comes back to what is due. */
  failed(error: unknown): void {
    if (!isDatabaseAway(error)) this.journal.bug('due otp deliveries could not be claimed', null, error);
  }
}
