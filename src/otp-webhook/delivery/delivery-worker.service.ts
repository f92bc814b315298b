import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { isDatabaseAway } from '../../platform/errors';
import { OtpJournal } from '../otp-journal';
import { type ChannelAccount, ChannelAccounts } from './channel-accounts';
import { type Claim, DeliveryRepository, type DueDeliveries } from './delivery.repository';
import { DueNotifier, keyOf } from './due-notifier';
import { SendOtp } from './send-otp.service';

/** Messages of one account that a process sends at once. */
const PLACES = 16;

/** Delivers codes in every process that works: claims due rows, sends each message, records what came of it. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #workers = new Map<string, ChannelWorker>();

  constructor(
    private readonly accounts: ChannelAccounts,
    private readonly notifier: DueNotifier,
    private readonly deliveries: DeliveryRepository,
    private readonly sendOtp: SendOtp,
    private readonly journal: OtpJournal,
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

  /** Claims at most `places` of what is due. */
  async claim(account: ChannelAccount, places: number): Promise<DueDeliveries> {
    const due = await this.deliveries.claim(account, places, this.accounts.leaseMs);
    if (due.superseded > 0) this.journal.ended(account.channel, 'superseded', due.superseded);
    return due;
  }

  /** Sends and records; never rejects. */
  send(account: ChannelAccount, claim: Claim, claimedAt: number): Promise<void> {
    return this.sendOtp.send(account, claim, claimedAt);
  }

  /** The account rests: where an operator must act, what is due goes by the fallback channel; else it waits. */
  async rest(account: ChannelAccount): Promise<void> {
    const { businessUnit, channel, breaker } = account;
    const fallback = this.accounts.fallbackOf(account);
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

/**
 * Works one account's due deliveries: it claims no more than it has free places for, so that a slow provider holds up no other unit or
 * channel, and leaves the rest to other processes.
 */
export class ChannelWorker {
  readonly #sending = new Set<Promise<void>>();
  #claiming: Promise<void> = Promise.resolve();
  #busy = false;
  #due = false;
  #retired = false;

  constructor(
    private readonly account: ChannelAccount,
    private readonly steps: Pick<DeliveryWorker, 'claim' | 'send' | 'rest' | 'failed'>,
  ) {}

  /** Something may be due. */
  wake(): void {
    this.#due = true;
    if (!this.#busy) this.#claiming = this.#claimWhileDue();
  }

  /** Claims nothing any more; what is being sent goes on. */
  retire(): void {
    this.#retired = true;
  }

  /** Resolves when what was claimed is sent and recorded. */
  async settle(): Promise<void> {
    await this.#claiming;
    await Promise.all(this.#sending);
  }

  /** Until nothing is due, no place is free or the account is closed; a message that ends, and the sweep, come back to it. */
  async #claimWhileDue(): Promise<void> {
    const { account, steps } = this;
    this.#busy = true;
    try {
      while (this.#due && !this.#retired) {
        const free = PLACES - this.#sending.size;
        if (free === 0) return;
        const decision = account.breaker.ask();
        if (decision === 'rest') return await steps.rest(account);
        this.#due = false;
        const claimedAt = performance.now();
        const places = decision === 'probe' ? 1 : free;
        const { claims, superseded } = await steps.claim(account, places);
        if (claims.length === 0) account.breaker.abandon();
        for (const claim of claims) this.#send(claim, claimedAt);
        if (claims.length + superseded === places) this.#due = true;
      }
    } catch (error) {
      account.breaker.abandon();
      this.#due = true;
      steps.failed(error);
    } finally {
      this.#busy = false;
    }
  }

  #send(claim: Claim, claimedAt: number): void {
    const sent = this.steps.send(this.account, claim, claimedAt).finally(() => {
      this.#sending.delete(sent);
      this.account.breaker.abandon();
      if (this.#due) this.wake();
    });
    this.#sending.add(sent);
  }
}
