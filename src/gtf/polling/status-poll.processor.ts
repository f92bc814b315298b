import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database';
import { type JobData, JobQueue } from '../../platform/jobs';
import { Log } from '../../platform/logging';
import { PartnerError } from '../../platform/outbound';
import { Deadline } from '../../platform/time';
import { LOOK_JOB, LookRound } from './poll-schedule.service';
import { Reconciliation } from '../results/reconciliation.service';
import { type GtfSession, SessionRepository } from '../sessions/session.repository';
import { Settlement } from '../results/result-recorder.service';

const DEFINITION = {
  name: LOOK_JOB,
  concurrency: 8,
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelaySeconds: 5,
};
const LOOK_WITHIN_MS = 20_000;

/** Looks at a submission, then plans the next look or gives up. An outage of GTF costs looks, never a submission. */
@Injectable()
export class LookWorker {
  constructor(
    private readonly reconciliation: Reconciliation,
    private readonly settlement: Settlement,
    private readonly round: LookRound,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  async look(session: GtfSession, from: Date): Promise<void> {
    await this.#ask(session);
    await this.database.transaction(async (tx) => {
      // What settled meanwhile has ended its round: then there is nothing left to plan.
      if ((await this.round.next(tx, session, from)) !== 'over') return;
      await this.settlement.giveUp(tx, session);
      await this.round.end(tx, session);
    });
  }

  async #ask(session: GtfSession): Promise<void> {
    try {
      await this.reconciliation.look(session, 'poll', Deadline.after(LOOK_WITHIN_MS));
    } catch (error) {
      if (!(error instanceof PartnerError)) throw error;
      const { businessUnit, submissionId } = session;
      this.log.warn('GTF could not be asked', {
        businessUnit,
        submissionId,
        code: error.code,
        operation: error.operation,
      });
    }
  }
}

/** The durable side of {@link LookWorker}. */
@Injectable()
export class LookJob implements OnModuleInit {
  constructor(
    private readonly jobs: JobQueue,
    private readonly sessions: SessionRepository,
    private readonly worker: LookWorker,
  ) {}

  onModuleInit(): void {
    this.jobs.define(DEFINITION, (data) => this.#work(data));
  }

  async #work({ businessUnit, submissionId, from, look }: JobData): Promise<void> {
    const session = await this.sessions.find(String(businessUnit), String(submissionId));
    if (session === undefined || session.looksFrom === null) return;
    const isCurrent = session.looksFrom.getTime() === from && session.looks === look;
    if (isCurrent) await this.worker.look(session, session.looksFrom);
  }
}
