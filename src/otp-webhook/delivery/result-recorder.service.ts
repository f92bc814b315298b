import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { isDatabaseAway } from '../../platform/errors';
import { Deadline } from '../../platform/time';
import { OtpJournal } from '../otp-journal';
import { ChannelAccounts } from './channel-accounts';
import { decide } from './delivery-policy';
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
    private readonly journal: OtpJournal,
  ) {}

  onModuleDestroy(): void {
    this.#stop = Deadline.after(STOP_WITHIN_MS);
  }

  /**
   * An attempt got its answer. A database that is away is waited for until the code is worth nothing any more: what the provider said must
   * not be forgotten.
   * @param mayStillFail whether the provider reports later what became of the message: its code may be needed once more
   */
  async answered(attempt: CountedAttempt, result: AttemptResult, mayStillFail: boolean): Promise<void> {
    const worthless = Deadline.after(attempt.secondsLeft * 1000);
    for (;;)
      try {
        const now = { ...attempt, secondsLeft: worthless.remaining() / 1000 };
        const recorded = await this.#commit(now, result, { from: 'sending', keepsCode: mayStillFail });
        // The receipt of a failure came before the answer that the message was taken: so it did not move, and its outcome is the receipt's.
        if (result.outcome === 'accepted' && recorded.receipt === 'failed')
          await this.#commit(now, { outcome: recorded.outcome }, { from: 'sending' });
        return;
      } catch (error) {
        const givesUp = worthless.remaining() === 0 || this.#stop?.remaining() === 0;
        if (!isDatabaseAway(error) || givesUp) throw error;
        await sleep(DATABASE_RETRY_MS);
      }
  }

  /** The worker died while it sent: whether the provider got the message is unknown. */
  async abandoned(attempt: CountedAttempt): Promise<void> {
    await this.#commit(attempt, { outcome: 'unknown', errorCode: 'worker_lost' }, { from: 'sending' });
  }

  /** A receipt says that the message, taken before, was not delivered. */
  async failedLate(attempt: CountedAttempt, result: AttemptResult): Promise<void> {
    await this.#commit(attempt, result, { from: 'accepted' });
  }

  async #commit(
    attempt: CountedAttempt,
    result: AttemptResult,
    state: Pick<Move, 'from' | 'keepsCode'>,
  ): Promise<RecordedAttempt> {
    const { businessUnit, channel } = attempt;
    const fallback = this.accounts.fallbackOf(attempt);
    const next = decide({ ...attempt, ...result, fallback });
    const via = next.fallback ?? channel;
    const recorded = await this.deliveries.record(attempt, result, { ...state, ...next, via });
    if (recorded.status === 'queued')
      this.notifier.publish([{ businessUnit, channel: via }], next.waitSeconds);
    this.journal.moved(channel, via, result.outcome, recorded);
    return recorded;
  }
}
