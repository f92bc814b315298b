import { Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { notFound } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import type { Finding } from '../results/gtf-result';
import type { Journey } from '../sessions/gtf-session';
import { LookRound } from '../polling/poll-schedule.service';
import { CoeClient } from '../partner/coe.client';
import { Reconciliation } from '../results/reconciliation.service';
import { type GtfSession, journeyOf, SessionRepository } from '../sessions/session.repository';

const ACCEPTED: Finding = {
  state: 'processing',
  words: 'CONFIRMED',
  partnerSubmissionId: null,
  reasonCode: null,
  verification: null,
  ktp: null,
};

/** Hands a COE submission over to GTF for processing. */
@Injectable()
export class Confirmation {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly rounds: LookRound,
    private readonly coe: CoeClient,
    private readonly reconciliation: Reconciliation,
    private readonly database: Database,
  ) {}

  /**
   * Confirms once; a repeat returns the submission as it stands. When the answer is lost, GTF is asked whether it took effect,
   * now or by schedule: the looks are planned before the call, so that not even a crash loses one.
   * @throws PartnerError `refused` while documents are missing; GatewayError 404 for what is no COE submission
   */
  async confirm(submission: Submission, deadline: Deadline): Promise<Submission> {
    if (submission.status !== 'open') return submission;
    const session = await this.sessions.find(submission.businessUnit, submission.id);
    const person = session === undefined ? undefined : await this.sessions.person(session);
    if (session?.family !== 'coe' || session.partnerSubmissionId === null || person === undefined)
      throw notFound('There is no such submission.');
    const { businessUnit, submissionId } = session;
    const looksFrom = await this.database.transaction((tx) =>
      this.rounds.start(tx, businessUnit, submissionId),
    );
    const started = { ...session, looksFrom };
    await this.#insist(started, journeyOf(session, person), session.partnerSubmissionId, deadline);
    // As it stands now: another confirm may have taken the round over, and ended it.
    const accepted = (await this.sessions.find(businessUnit, submissionId)) ?? started;
    const confirmed = await this.reconciliation.record(
      accepted,
      { finding: ACCEPTED, card: null },
      'confirm',
    );
    if ((await this.sessions.person(accepted)) === undefined) throw notFound('There is no such submission.');
    return confirmed;
  }

  async #insist(
    session: GtfSession,
    journey: Journey,
    partnerSubmissionId: string,
    deadline: Deadline,
  ): Promise<void> {
    try {
      await this.coe.confirm(journey, partnerSubmissionId, deadline);
    } catch (error) {
      if (!(error instanceof PartnerError)) throw error;
      if (mayHaveWorked(error) && (await this.#tookEffect(error, journey, partnerSubmissionId, deadline)))
        return;
      if (error.fault === 'refused') await this.database.transaction((tx) => this.rounds.end(tx, session));
      throw error;
    }
  }

  /** @throws PartnerError while nobody knows; the looks go on and find out */
  async #tookEffect(
    error: PartnerError,
    journey: Journey,
    partnerSubmissionId: string,
    deadline: Deadline,
  ): Promise<boolean> {
    try {
      const { state } = await this.coe.status(journey, partnerSubmissionId, deadline);
      return state !== 'initiated';
    } catch (unknown) {
      if (!(unknown instanceof PartnerError)) throw unknown;
      if (error.fault !== 'refused') throw error;
      // Not "refused", by either, which would say that it did not work.
      throw unknown.fault === 'refused' ? new PartnerError('GTF COE', 'coe_status', 'unavailable') : unknown;
    }
  }
}

/** 409 says that somebody confirmed before; a lost answer says nothing (gtf.md §7.8). */
function mayHaveWorked({ fault, publicCode, reached }: PartnerError): boolean {
  return publicCode === 'SUBMISSION_STATE_CONFLICT' || (fault !== 'refused' && reached !== 'no');
}
