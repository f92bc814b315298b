import { Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import type { Deadline } from '../../platform/time';
import type { Finding } from './gtf-result';
import { Inquiry, type Learnt } from '../polling/gtf-status-reader.service';
import { LookRound } from '../polling/poll-schedule.service';
import { type GtfSession, SessionRepository } from '../sessions/session.repository';
import { isSettled, type LearntBy, Settlement } from './result-recorder.service';

/** Asks GTF how a submission is doing and records the answer: what callback, schedule and refresh have in common. */
@Injectable()
export class Reconciliation {
  constructor(
    private readonly inquiry: Inquiry,
    private readonly settlement: Settlement,
    private readonly looks: LookRound,
    private readonly sessions: SessionRepository,
    private readonly database: Database,
  ) {}

  /**
   * @returns the submission after a new word of GTF; null when there was none
   * @throws PartnerError
   */
  async look(session: GtfSession, learntBy: LearntBy, deadline: Deadline): Promise<Submission | null> {
    const answer = await this.inquiry.ask(session, deadline);
    if (answer === 'nothing-yet') return null;
    if (answer === 'nobody') {
      await this.database.transaction((tx) => this.looks.end(tx, session));
      return null;
    }
    return this.record(session, answer, learntBy);
  }

  /** GTF was given up on and has called after all: it is asked by schedule again, unless it already is. */
  async lookAgain(session: GtfSession): Promise<GtfSession> {
    if (session.looksFrom !== null) return session;
    const { businessUnit, submissionId } = session;
    const looksFrom = await this.database.transaction((tx) =>
      this.looks.start(tx, businessUnit, submissionId),
    );
    return { ...session, looksFrom, looks: 0 };
  }

  /** Records what GTF said. A submission that is not settled goes on being looked at, one that is does not. */
  async record(session: GtfSession, learnt: Learnt, learntBy: LearntBy): Promise<Submission> {
    const submission = await this.settlement.record(session, learnt, learntBy);
    await this.#keepUp(session, learnt.finding, submission);
    return submission;
  }

  /** Safe to repeat: whoever asks GTF again after a crash makes up for what is missing here. */
  async #keepUp(session: GtfSession, finding: Finding, { status }: Submission): Promise<void> {
    const { businessUnit, submissionId, looksFrom } = session;
    const { partnerSubmissionId, state } = finding;
    const isNamed = partnerSubmissionId !== null && partnerSubmissionId !== session.partnerSubmissionId;
    const isOver = isSettled(status);
    const isUnderWay = !isOver && looksFrom === null && state !== 'initiated';
    if (!isNamed && !isOver && !isUnderWay) return;
    await this.database.transaction(async (tx) => {
      if (isNamed) await this.sessions.rememberPartnerId(tx, session, partnerSubmissionId);
      if (isOver) await this.looks.end(tx, session);
      if (isUnderWay) await this.looks.start(tx, businessUnit, submissionId);
    });
  }
}
