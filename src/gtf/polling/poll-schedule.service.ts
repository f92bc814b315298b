import { Inject, Injectable } from '@nestjs/common';
import { databaseTime, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { GtfSession, type SessionKey } from '../gtf.entity';
import { type GtfSettings, gtfSettings } from '../gtf.settings';

/** The job that polls. */
export const STATUS_POLL_QUEUE = {
  name: 'gtf-status-poll',
  concurrency: 8,
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelay: 5,
};

/** What a poll's job says. */
export type StatusPoll = {
  readonly businessUnit: string;
  readonly submissionId: string;
  /** When the round began, epoch milliseconds. */
  readonly from: number;
  /** The poll's number in the round. */
  readonly poll: number;
};

/** GTF advises to ask when no callback came within about ten minutes (gtf.md §5): this poll is never left out. */
const MANDATORY_POLL_SECONDS = 600;

/**
 * Plans when GTF is asked, so that nothing depends on callbacks. A session has one round of polls at a time, which counts by the
 * database's clock: a process with a clock that is ahead would end the round at once.
 */
@Injectable()
export class PollSchedule {
  constructor(
    private readonly jobs: Jobs,
    @Inject(gtfSettings.token) private readonly settings: GtfSettings,
  ) {}

  /** Begins a round, or begins it again. @returns the instant from which it counts */
  async start(tx: Transaction, { businessUnit, submissionId }: SessionKey): Promise<Date> {
    const from = await this.now(tx);
    await tx.manager.update(GtfSession, { businessUnit, submissionId }, { pollsFrom: from, polls: 0 });
    await this.#enqueue(tx, { businessUnit, submissionId }, from, 0);
    return from;
  }

  /**
   * Counts this poll and plans the next one, unless the round has ended or the poll was counted already.
   * @returns whether the time is up
   */
  async next(tx: Transaction, session: GtfSession, from: Date): Promise<boolean> {
    const { businessUnit, submissionId, polls } = session;
    const asRead = { businessUnit, submissionId, pollsFrom: from, polls };
    const { affected } = await tx.manager.update(GtfSession, asRead, { polls: polls + 1 });
    return affected === 1 && !(await this.#enqueue(tx, session, from, polls + 1));
  }

  /** The clock that rounds count by. */
  now(tx: Transaction): Promise<Date> {
    return databaseTime(tx);
  }

  /** Ends the session's round, but not one that has begun since. */
  async end(tx: Transaction, { businessUnit, submissionId, pollsFrom }: GtfSession): Promise<void> {
    if (pollsFrom === null) return;
    await tx.manager.update(GtfSession, { businessUnit, submissionId, pollsFrom }, { pollsFrom: null });
  }

  /** @returns false when the round is over */
  async #enqueue(
    tx: Transaction,
    { businessUnit, submissionId }: SessionKey,
    from: Date,
    poll: number,
  ): Promise<boolean> {
    const { GTF_POLL_SCHEDULE: schedule, GTF_POLL_DEADLINE_SECONDS: deadline } = this.settings.values;
    const after = pollAfterSeconds(poll, schedule, deadline);
    if (after === null) return false;
    const data: StatusPoll = { businessUnit, submissionId, from: from.getTime(), poll };
    const startAfter = new Date(from.getTime() + after * 1000);
    await this.jobs.send(tx, STATUS_POLL_QUEUE.name, data, { startAfter });
    return true;
  }
}

/**
 * When poll number `poll` (from 0) is due, in seconds after the round began; null when the round is over. The last step of the
 * schedule repeats, and the very last poll is at the deadline.
 */
export function pollAfterSeconds(
  poll: number,
  schedule: readonly number[],
  deadlineSeconds: number,
): number | null {
  const previous = poll === 0 ? 0 : dueSeconds(poll - 1, schedule);
  return previous >= deadlineSeconds ? null : Math.min(dueSeconds(poll, schedule), deadlineSeconds);
}

function dueSeconds(poll: number, schedule: readonly number[]): number {
  const last = schedule.at(-1) ?? MANDATORY_POLL_SECONDS;
  // A schedule that repeats a step of ten minutes or less polls at ten minutes without being told.
  const isTold = last > MANDATORY_POLL_SECONDS;
  const steps = isTold ? [...new Set([...schedule, MANDATORY_POLL_SECONDS])].sort((a, b) => a - b) : schedule;
  return steps[poll] ?? last * (poll - steps.length + 2);
}
