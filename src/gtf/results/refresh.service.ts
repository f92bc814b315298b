import { Injectable } from '@nestjs/common';
import { type Submission, SubmissionRepository } from '../../kyc-ledger';
import { notFound } from '../../platform/errors';
import type { Deadline } from '../../platform/time';
import { Reconciliation } from './reconciliation.service';
import { SessionRepository } from '../sessions/session.repository';

/** Asks GTF because the person wants to know now. */
@Injectable()
export class Refresh {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly submissions: SubmissionRepository,
    private readonly reconciliation: Reconciliation,
  ) {}

  /** @throws PartnerError; GatewayError 404 for a submission that is not GTF's */
  async refresh(submission: Submission, deadline: Deadline): Promise<Submission> {
    const { businessUnit, id } = submission;
    const session = await this.sessions.find(businessUnit, id);
    if (session === undefined) throw notFound('There is no such submission.');
    const renewed = await this.reconciliation.look(session, 'refresh', deadline);
    return renewed ?? (await this.submissions.find(businessUnit, id)) ?? submission;
  }
}
