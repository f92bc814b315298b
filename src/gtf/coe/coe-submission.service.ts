import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context, UserCaller } from '../../auth';
import type { EventData, Submission } from '../../kyc-ledger';
import { Database, databaseTime, type TransactionHook } from '../../platform/database';
import { notFound } from '../../platform/errors';
import { PartnerError } from '../../platform/outbound';
import type { Deadline } from '../../platform/time';
import { CoeClient } from '../partner/coe.client';
import { PollSchedule } from '../polling/poll-schedule.service';
import { bareResult } from '../results/gtf-result';
import { Reconciliation } from '../results/reconciliation.service';
import type { GtfSession, GtfSessionIds } from '../gtf.entity';
import { SessionOpening } from '../sessions/session-opening.service';
import { sessionIdsOf, SessionRepository } from '../sessions/session.repository';
import type { CreateCoeSubmissionDto, CreatedCoeSubmissionDto } from './coe-submission.dto';

/** Creates COE submissions. */
@Injectable()
export class CoeSubmissionService {
  constructor(
    private readonly coe: CoeClient,
    private readonly opening: SessionOpening,
    private readonly sessions: SessionRepository,
    private readonly database: Database,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws PartnerError `refused` with `SUBMISSION_QUOTA_EXCEEDED` when the person's attempts are used up
   */
  async create(
    { caller, deadline }: Context<UserCaller>,
    { submissionType, sdkSessionId = randomUUID() }: Omit<CreateCoeSubmissionDto, 'consent'>,
    consent: EventData,
    alongside: TransactionHook<CreatedCoeSubmissionDto>,
  ): Promise<CreatedCoeSubmissionDto> {
    const { businessUnit, subject } = caller;
    const [submissionId, partnerSessionId] = [randomUUID(), randomUUID()];
    const ids = { businessUnit, userId: subject, partnerSessionId, sdkSessionId };
    // Asked first: no attempt, which GTF counts, is spent while the database is away, and the addresses expire no later here than at GTF.
    const now = await databaseTime(this.database);
    const created = await this.coe.create(ids, submissionType, deadline, now);
    const { documents, submissionId: partnerSubmissionId } = created;
    const opened = {
      submissionId,
      family: 'coe',
      partnerSessionId,
      sdkSessionId,
      partnerSubmissionId,
      email: null,
      data: { submissionType, ...consent },
    } as const;
    const answer = { submissionId, partnerSessionId, documents };
    await this.database.transaction((tx) =>
      this.opening.open(tx, caller, opened, async () => {
        await this.sessions.addDocuments(tx, { businessUnit, submissionId }, documents);
        await alongside(tx, answer);
      }),
    );
    return answer;
  }
}

/** A document is missing, or is no picture that GTF can read (gtf.md §3.3). */
const UNUSABLE_DOCUMENTS = 'INVALID_UPLOAD_ARTIFACT';

/** Hands a COE submission over to GTF for processing. */
@Injectable()
export class CoeConfirmation {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly schedule: PollSchedule,
    private readonly coe: CoeClient,
    private readonly reconciliation: Reconciliation,
    private readonly database: Database,
  ) {}

  /**
   * Confirms once; a repeat returns the submission as it stands. When the answer is lost, GTF is asked whether it took effect,
   * now or by schedule: the polls are planned before the call, so that a crash loses none.
   * @throws PartnerError `refused` while documents are missing; GatewayError 404 for what is no COE submission
   */
  async confirm(submission: Submission, deadline: Deadline): Promise<Submission> {
    if (submission.status !== 'open') return submission;
    const session = await this.sessions.find(submission.businessUnit, submission.id);
    const person = session === undefined ? undefined : await this.sessions.person(session);
    if (session?.family !== 'coe' || session.partnerSubmissionId === null || person === undefined)
      throw notFound('There is no such submission.');
    const { businessUnit, submissionId } = session;
    const pollsFrom = await this.database.transaction((tx) => this.schedule.start(tx, session));
    const started = { ...session, pollsFrom };
    await this.#confirm(sessionIdsOf(session, person), session.partnerSubmissionId, deadline).catch(
      async (error: unknown) => {
        if (!(error instanceof PartnerError && error.fault === 'refused')) throw error;
        await this.database.transaction((tx) => this.schedule.end(tx, started));
        throw error.publicCode === UNUSABLE_DOCUMENTS ? await this.#naming(error, session) : error;
      },
    );
    // Read again: another confirm may have begun a round of its own meanwhile, and ended it.
    const accepted = (await this.sessions.find(businessUnit, submissionId)) ?? started;
    const status = { result: bareResult('processing', 'CONFIRMED'), card: null };
    const confirmed = await this.reconciliation.record(accepted, status, 'confirm');
    if ((await this.sessions.person(accepted)) === undefined) throw notFound('There is no such submission.');
    return confirmed;
  }

  /** @throws PartnerError `refused` only where it certainly had no effect; while that cannot be told, polling goes on and finds out */
  async #confirm(ids: GtfSessionIds, partnerSubmissionId: string, deadline: Deadline): Promise<void> {
    try {
      await this.coe.confirm(ids, partnerSubmissionId, deadline);
    } catch (error) {
      if (!(error instanceof PartnerError && mayHaveWorked(error))) throw error;
      const { state } = await this.coe
        .status(ids, partnerSubmissionId, deadline)
        .catch((unknown: unknown) => {
          if (!(unknown instanceof PartnerError)) throw unknown;
          if (error.fault !== 'refused') throw error;
          if (unknown.fault !== 'refused') throw unknown;
          throw new PartnerError('GTF COE', 'coe_status', 'unavailable', { cause: unknown.cause });
        });
      if (state === 'initiated') throw error;
    }
  }

  /** GTF does not say what is missing: whatever has not come through the gateway may be. */
  async #naming(refusal: PartnerError, { businessUnit, submissionId }: GtfSession): Promise<PartnerError> {
    const wanted = await this.sessions.documents(businessUnit, [submissionId]);
    const missing = wanted.filter(({ sha256 }) => sha256 === null).map(({ type }) => type);
    if (missing.length === 0) return refusal;
    const { partner, operation, fault, publicCode, cause } = refusal;
    return new PartnerError(partner, operation, fault, {
      publicCode,
      cause,
      hint: `${missing.join(', ')} did not come through the gateway`,
      errors: missing.map((type) => ({ field: `documents.${type}`, message: 'is missing' })),
    });
  }
}

/** 409 says that the submission was confirmed before; a lost answer says nothing (gtf.md §7.8). */
function mayHaveWorked({ fault, publicCode, reached }: PartnerError): boolean {
  return publicCode === 'SUBMISSION_STATE_CONFLICT' || (fault !== 'refused' && reached !== 'no');
}
