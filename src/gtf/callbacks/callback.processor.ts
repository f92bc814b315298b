import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Submission, SubmissionRepository } from '../../kyc-ledger';
import { UnsealError } from '../../platform/crypto';
import { type JobData, JobQueue } from '../../platform/jobs';
import { Log } from '../../platform/logging';
import { Deadline } from '../../platform/time';
import { Upkeep } from '../../platform/upkeep';
import { CallbackInbox, KNOCK_JOB } from './callback-inbox.service';
import { Reconciliation } from '../results/reconciliation.service';
import { SessionRepository } from '../sessions/session.repository';

const DEFINITION = {
  name: KNOCK_JOB,
  concurrency: 8,
  expireInSeconds: 60,
  retryLimit: 5,
  retryDelaySeconds: 5,
};
const ASK_WITHIN_MS = 20_000;
const FORGET_PARKED_EVERY_MS = 3_600_000;

/**
 * A callback is a knock: it makes us ask GTF, and what GTF answers is recorded (gtf.md §7.12). Forged, late, repeated or
 * reordered callbacks therefore change nothing.
 */
@Injectable()
export class Doorkeeper {
  constructor(
    private readonly inbox: CallbackInbox,
    private readonly sessions: SessionRepository,
    private readonly submissions: SubmissionRepository,
    private readonly reconciliation: Reconciliation,
    private readonly log: Log,
  ) {}

  async answer(unit: string, digest: Buffer): Promise<void> {
    const subject = await this.inbox.subject(unit, digest);
    if (subject === undefined) return;
    const session = await this.sessions.findAtPartner(
      unit,
      subject.partnerSubmissionId,
      subject.partnerSessionId,
    );
    if (session === undefined) {
      if (await this.inbox.dropForgotten(unit, digest, subject)) return;
      this.log.warn('a GTF callback about a submission that is not ours', { businessUnit: unit });
      return;
    }
    const submission = await this.submissions.find(unit, session.submissionId);
    if (submission !== undefined) await this.#claim(digest, submission);
    // When GTF cannot be asked, the job is tried again; after that the schedule goes on looking.
    const looked = submission?.status === 'stale' ? await this.reconciliation.lookAgain(session) : session;
    await this.reconciliation.look(looked, 'callback', Deadline.after(ASK_WITHIN_MS));
  }

  async #claim(digest: Buffer, submission: Submission): Promise<void> {
    try {
      await this.inbox.claim(digest, submission);
    } catch (error) {
      // Its bytes are evidence only: what GTF says is asked for, whether they can be opened or not.
      if (!(error instanceof UnsealError)) throw error;
      const { businessUnit } = submission;
      this.log.alarm('a GTF callback that was kept cannot be opened', { businessUnit });
    }
  }
}

/** The durable side of {@link Doorkeeper}. */
@Injectable()
export class KnockJob implements OnModuleInit {
  constructor(
    private readonly jobs: JobQueue,
    private readonly doorkeeper: Doorkeeper,
    private readonly inbox: CallbackInbox,
    private readonly upkeep: Upkeep,
  ) {}

  onModuleInit(): void {
    this.upkeep.add({
      name: 'parked GTF callbacks',
      everyMs: FORGET_PARKED_EVERY_MS,
      run: () => this.inbox.forgetParked(),
    });
    this.jobs.define(DEFINITION, ({ businessUnit, digest }: JobData) =>
      this.doorkeeper.answer(String(businessUnit), Buffer.from(String(digest), 'hex')),
    );
  }
}
