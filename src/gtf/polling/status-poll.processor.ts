import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database';
import { type JobData, Jobs } from '../../platform/jobs';
import { Log } from '../../platform/logging';
import { PartnerError } from '../../platform/outbound';
import { Deadline } from '../../platform/time';
import { Reconciliation } from '../results/reconciliation.service';
import { ResultRecorder } from '../results/result-recorder.service';
import type { GtfSession } from '../sessions/gtf-session';
import { SessionRepository } from '../sessions/session.repository';
import { PollSchedule, STATUS_POLL_JOB } from './poll-schedule.service';

const QUEUE = {
  name: STATUS_POLL_JOB,
  concurrency: 8,
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelay: 5,
};
const POLL_WITHIN_MS = 20_000;

/** Asks GTF about a submission, then plans the next poll or gives up. An outage of GTF costs polls, never a submission. */
@Injectable()
export class StatusPoller {
  constructor(
    private readonly reconciliation: Reconciliation,
    private readonly recorder: ResultRecorder,
    private readonly schedule: PollSchedule,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  async poll(session: GtfSession, from: Date): Promise<void> {
    await this.#ask(session);
    await this.database.transaction(async (tx) => {
      // A submission that was settled meanwhile has no round any more, and `next` answers `none`.
      if ((await this.schedule.next(tx, session, from)) !== 'over') return;
      await this.recorder.giveUp(tx, session);
      await this.schedule.end(tx, session);
    });
  }

  async #ask(session: GtfSession): Promise<void> {
    try {
      await this.reconciliation.ask(session, 'poll', Deadline.after(POLL_WITHIN_MS));
    } catch (error) {
      if (!(error instanceof PartnerError)) throw error;
      const { businessUnit, submissionId } = session;
      const { code, operation } = error;
      this.log.warn('GTF could not be asked', { businessUnit, submissionId, code, operation });
    }
  }
}

/** Runs {@link StatusPoller} for the poll that a job names, unless its round has ended or it was made before. */
@Injectable()
export class StatusPollJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly sessions: SessionRepository,
    private readonly poller: StatusPoller,
  ) {}

  onModuleInit(): void {
    this.jobs.work(QUEUE, (data) => this.#work(data));
  }

  async #work({ businessUnit, submissionId, from, poll }: JobData): Promise<void> {
    const session = await this.sessions.find(String(businessUnit), String(submissionId));
    if (session === undefined || session.pollsFrom === null) return;
    const isCurrent = session.pollsFrom.getTime() === from && session.polls === poll;
    if (isCurrent) await this.poller.poll(session, session.pollsFrom);
  }
}
