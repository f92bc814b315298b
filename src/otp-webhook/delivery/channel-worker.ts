import type { ChannelAccount } from './channel-accounts';
import type { Claim, DueDeliveries } from './delivery.repository';

/** Messages of one account that a process sends at once. */
const PLACES = 16;

/** What a worker does to an account's deliveries. */
export interface DeliverySteps {
  /** Claims at most `places` of what is due. */
  claim(account: ChannelAccount, places: number): Promise<DueDeliveries>;
  /** Sends and records; never rejects. */
  send(account: ChannelAccount, claim: Claim, claimedAt: number): Promise<void>;
  /** The account is closed for a while: what is due may go another way. */
  rest(account: ChannelAccount): Promise<void>;
  /** What is due could not be claimed; it is tried again soon. */
  failed(error: unknown): void;
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
    private readonly steps: DeliverySteps,
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
