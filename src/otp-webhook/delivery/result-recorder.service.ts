import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { isDatabaseAway } from '../../platform/errors';
import { Deadline } from '../../platform/time';
import { ChannelAccounts } from './channel-accounts';
import { DeliveryJournal } from './delivery-journal';
import { decide, type Next } from './delivery-policy';
import {
  type AttemptResult,
  type CountedAttempt,
  DeliveryRepository,
  type Move,
  type RecordedAttempt,
} from './delivery.repository';
import { DueNotifier } from './due-notifier';

const DATABASE_RETRY_MS = 300;
/** A process that stops waits no longer for its database than this. */
const STOP_WITHIN_MS = 9_000;

/** Moves a delivery on once an attempt has ended: by an answer, by a worker's death, or by a late receipt. */
@Injectable()
export class ResultRecorder implements OnModuleDestroy {
  #stop: Deadline | undefined;

  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly accounts: ChannelAccounts,
    private readonly notifier: DueNotifier,
    private readonly journal: DeliveryJournal,
  ) {}

  onModuleDestroy(): void {
    this.#stop = Deadline.after(STOP_WITHIN_MS);
  }

  /**
   * An attempt got its answer. A database that is away is waited for until the code is worth nothing any more: what the provider said must
   * not be forgotten.
   * @param mayStillFail whether the provider reports later what became of the message
   */
  async answered(attempt: CountedAttempt, result: AttemptResult, mayStillFail: boolean): Promise<void> {
    const worthless = Deadline.after(attempt.secondsLeft * 1000);
    for (;;)
      try {
        const now = { ...attempt, secondsLeft: worthless.remaining() / 1000 };
        const recorded = await this.#commit(now, result, 'sending', mayStillFail);
        // The receipt of a failure came before the answer that the message was taken: so it did not move, and its outcome is the receipt's.
        if (result.outcome === 'accepted' && recorded.receipt === 'failed')
          await this.#commit(now, { outcome: recorded.outcome }, 'sending', mayStillFail);
        return;
      } catch (error) {
        const givesUp = worthless.remaining() === 0 || this.#stop?.remaining() === 0;
        if (!isDatabaseAway(error) || givesUp) throw error;
        await sleep(DATABASE_RETRY_MS);
      }
  }

  /** The worker died while it sent: whether the provider got the message is unknown. */
  async abandoned(attempt: CountedAttempt): Promise<void> {
    await this.#commit(attempt, { outcome: 'unknown', errorCode: 'worker_lost' }, 'sending', true);
  }

  /** A receipt says that the message, taken before, was not delivered. */
  async failedLate(attempt: CountedAttempt, result: AttemptResult): Promise<void> {
    await this.#commit(attempt, result, 'accepted', true);
  }

  async #commit(
    attempt: CountedAttempt,
    result: AttemptResult,
    from: Move['from'],
    mayStillFail: boolean,
  ): Promise<RecordedAttempt> {
    const fallback = this.accounts.fallbackOf(attempt);
    const next = decide({ ...attempt, ...result, fallback });
    const move = toMove(attempt, result, next, from, mayStillFail);
    const recorded = await this.deliveries.record(attempt, result, move);
    if (recorded.status === 'queued')
      this.notifier.publish([{ ...attempt, channel: move.via }], move.waitSeconds);
    this.journal.moved(attempt.channel, result, next, recorded);
    return recorded;
  }
}

function toMove(
  { channel, retries, unknowns }: CountedAttempt,
  { outcome }: AttemptResult,
  next: Next,
  from: Move['from'],
  mayStillFail: boolean,
): Move {
  const counted = {
    from,
    retries: retries + Number(outcome === 'transient' || outcome === 'throttled'),
    unknowns: unknowns + Number(outcome === 'unknown'),
    waitSeconds: 0,
    reason: null,
  };
  switch (next.kind) {
    case 'accepted':
      return { ...counted, to: 'accepted', via: channel, keepSecret: mayStillFail };
    case 'retry':
      return { ...counted, to: 'queued', via: channel, waitSeconds: next.afterSeconds, keepSecret: true };
    case 'fallback':
      return { ...counted, to: 'queued', via: next.to, retries: 0, keepSecret: true };
    case 'end':
      return { ...counted, to: next.status, via: channel, reason: outcome, keepSecret: false };
  }
}
