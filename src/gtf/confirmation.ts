import { Injectable } from '@nestjs/common';
import type { Submission } from '../kyc-ledger';
import { Database } from '../platform/database';
import { notFound } from '../platform/errors';
import { PartnerError } from '../platform/outbound';
import type { Deadline } from '../platform/time';
import type { Finding } from './finding';
import type { Journey } from './journey';
import { LookRound } from './look-round';
import { CoeClient } from './partner/coe.client';
import { Reconciliation } from './reconciliation';
import { type GtfSession, journeyOf, SessionRepository } from './session.repository';

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
    const looksFrom = await this.database.transaction((tx) =>
      this.rounds.start(tx, session.businessUnit, session.submissionId),
    );
    const started = { ...session, looksFrom };
    await this.#insist(started, journeyOf(session, person), session.partnerSubmissionId, deadline);
    return this.reconciliation.record(started, { finding: ACCEPTED, card: null }, 'confirm');
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
      // Not "refused", which would say that it did not work.
      throw error.fault === 'refused' ? unknown : error;
    }
  }
}

/** 409 says that somebody confirmed before; a lost answer says nothing (gtf.md §7.8). */
function mayHaveWorked({ fault, publicCode, reached }: PartnerError): boolean {
  return publicCode === 'SUBMISSION_STATE_CONFLICT' || (fault !== 'refused' && reached !== 'no');
}
