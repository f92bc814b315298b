import { Injectable } from '@nestjs/common';
import { Log } from '../../platform/logging';
import { PartnerError } from '../../platform/outbound';
import { Deadline } from '../../platform/time';
import { Reconciliation } from '../results/reconciliation.service';
import { SessionRepository } from '../sessions/session.repository';
import type { StatusPoll } from './poll-schedule.service';

const POLL_WITHIN_MS = 20_000;

/** Asks GTF about a submission, then plans the next poll or gives up. An outage or a fault costs polls, never a submission. */
@Injectable()
export class StatusPollProcessor {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly reconciliation: Reconciliation,
    private readonly log: Log,
  ) {}

  /** Does nothing when the poll's round has ended, or the poll was made before. */
  async process({ businessUnit, submissionId, from, poll }: StatusPoll): Promise<void> {
    const session = await this.sessions.find(businessUnit, submissionId);
    if (session?.pollsFrom?.getTime() !== from || session.polls !== poll) return;
    await this.reconciliation.ask(session, 'poll', Deadline.after(POLL_WITHIN_MS)).catch((error: unknown) => {
      const about = { businessUnit, submissionId };
      if (error instanceof PartnerError) {
        const { code, operation, cause } = error;
        this.log.warn('GTF could not be asked', { ...about, code, operation, cause });
      } else {
        // A fault of ours costs this poll, not the round: the job is tried again only when the next poll cannot be planned.
        this.log.error('GTF could not be asked', about, error);
      }
    });
    await this.reconciliation.planNextPoll(session, session.pollsFrom);
  }
}
