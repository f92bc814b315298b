import { Injectable } from '@nestjs/common';
import type { Submission } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { notFound } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import { Clock, type Deadline } from '../../platform/time';
import { GtfSession } from '../gtf.entity';
import { CoeClient } from '../partner/coe.client';
import { SivClient } from '../partner/siv.client';
import { PollSchedule } from '../polling/poll-schedule.service';
import { type PersonAtGtf, sessionIdsOf, SessionRepository } from '../sessions/session.repository';
import type { GtfResult, GtfStatus } from './gtf-result';
import { readCard } from './ktp-card';
import { isSettled, ResultRecorder, type ResultSource } from './result-recorder.service';

/** Asks GTF with our own credentials: the only source of results. What callbacks and redirects say is not used (gtf.md §7.12). */
@Injectable()
export class GtfStatusReader {
  constructor(
    private readonly coe: CoeClient,
    private readonly siv: SivClient,
    private readonly clock: Clock,
  ) {}

  /** Null while the person has not opened GTF's screens. @throws PartnerError */
  async read(session: GtfSession, person: PersonAtGtf, deadline: Deadline): Promise<GtfStatus | null> {
    const result =
      session.family === 'siv'
        ? await this.siv.details(sessionIdsOf(session, person), deadline)
        : await this.#readCoe(session, person, deadline);
    return result && { result, card: result.ktp && readCard(result.ktp, person, this.clock.date()) };
  }

  /**
   * Details may not exist before processing ends, and it is not documented whether their words for "under way" already mean a
   * confirmed submission (gtf.md §3.5): the status answers both. In GTF's own screens the submission exists once the person begins.
   */
  async #readCoe(session: GtfSession, person: PersonAtGtf, deadline: Deadline): Promise<GtfResult | null> {
    const { partnerSubmissionId, pollsFrom } = session;
    const ids = sessionIdsOf(session, person);
    try {
      const result = await this.coe.details(ids, partnerSubmissionId, deadline);
      const isUnderWay = result.state === 'processing' || result.state === 'unrecognised';
      if (!isUnderWay || pollsFrom !== null || partnerSubmissionId === null) return result;
    } catch (error) {
      if (!(error instanceof PartnerError) || error.publicCode !== 'SUBMISSION_DOES_NOT_EXIST') throw error;
      if (partnerSubmissionId === null) return null;
    }
    return this.coe.status(ids, partnerSubmissionId, deadline);
  }
}

/** Asks GTF how a submission is doing and records the answer: the part that callback, poll and refresh share. */
@Injectable()
export class Reconciliation {
  constructor(
    private readonly reader: GtfStatusReader,
    private readonly recorder: ResultRecorder,
    private readonly schedule: PollSchedule,
    private readonly sessions: SessionRepository,
    private readonly database: Database,
  ) {}

  /**
   * @returns the submission as GTF's answer left it; null when there was nothing to ask about
   * @throws PartnerError
   */
  async ask(session: GtfSession, source: ResultSource, deadline: Deadline): Promise<Submission | null> {
    const person = await this.sessions.person(session);
    if (person === undefined) {
      await this.database.transaction((tx) => this.schedule.end(tx, session));
      return null;
    }
    const status = await this.reader.read(session, person, deadline);
    return status && this.record(session, status, source);
  }

  /**
   * Asks GTF at the person's own wish.
   * @throws PartnerError; GatewayError 404 for a submission that is not GTF's
   */
  async refresh(submission: Submission, deadline: Deadline): Promise<Submission> {
    const session = await this.sessions.find(submission.businessUnit, submission.id);
    if (session === undefined) throw notFound('There is no such submission.');
    const asked = await this.ask(session, 'refresh', deadline);
    return asked ?? (await this.recorder.find(session)) ?? submission;
  }

  /** After a poll: plans the next one, or gives up when the time is over. What was settled meanwhile has no round any more. */
  async planNextPoll(session: GtfSession, from: Date): Promise<void> {
    await this.database.transaction(async (tx) => {
      // Submissions are locked before what belongs to them, as an erasure does it.
      await this.recorder.lock(tx, session);
      if (!(await this.schedule.next(tx, session, from))) return;
      await this.schedule.end(tx, session);
      await this.recorder.giveUp(tx, session);
    });
  }

  /** Begins a new round of polls for a submission that was given up on, unless one is running. */
  async resume(session: GtfSession): Promise<GtfSession> {
    if (session.pollsFrom !== null) return session;
    const pollsFrom = await this.database.transaction((tx) => this.schedule.start(tx, session));
    return { ...session, pollsFrom, polls: 0 };
  }

  /**
   * Records what GTF said, then brings session and polls up to date: polling goes on until the submission is settled. Safe to repeat,
   * and GTF's next answer makes up for a crash in between.
   */
  async record(session: GtfSession, status: GtfStatus, source: ResultSource): Promise<Submission> {
    const submission = await this.recorder.record(session, status, source);
    const { businessUnit, submissionId, pollsFrom } = session;
    const { partnerSubmissionId, state } = status.result;
    const isNamed = partnerSubmissionId !== null && partnerSubmissionId !== session.partnerSubmissionId;
    const isOver = isSettled(submission.status);
    const isUnderWay = !isOver && pollsFrom === null && state !== 'initiated';
    if (isNamed || isOver || isUnderWay)
      await this.database.transaction(async (tx) => {
        if (isNamed)
          await tx.manager.update(GtfSession, { businessUnit, submissionId }, { partnerSubmissionId });
        if (isOver) await this.schedule.end(tx, session);
        if (isUnderWay) await this.schedule.start(tx, session);
      });
    return submission;
  }
}
