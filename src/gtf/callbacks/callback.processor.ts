import { Injectable } from '@nestjs/common';
import { type Submission, SubmissionRepository } from '../../kyc-ledger';
import { UnsealError } from '../../platform/crypto';
import { Log } from '../../platform/logging';
import { Deadline } from '../../platform/time';
import { Trace } from '../../platform/tracing';
import { Reconciliation } from '../results/reconciliation.service';
import { SessionRepository } from '../sessions/session.repository';
import { type CallbackData, CallbackInbox } from './callback-inbox.service';

const ASK_WITHIN_MS = 20_000;

/**
 * Answers a stored callback by asking GTF, and records what GTF answers (gtf.md §7.12). Forged, late, repeated or reordered callbacks
 * therefore change nothing.
 */
@Injectable()
export class CallbackProcessor {
  constructor(
    private readonly inbox: CallbackInbox,
    private readonly sessions: SessionRepository,
    private readonly submissions: SubmissionRepository,
    private readonly reconciliation: Reconciliation,
    private readonly log: Log,
  ) {}

  async process({ businessUnit: unit, digest: hex }: CallbackData): Promise<void> {
    const digest = Buffer.from(hex, 'hex');
    const subject = await this.inbox.subject(unit, digest);
    if (subject === undefined) return;
    const session = await this.sessions.findAtPartner(unit, subject);
    if (session === undefined) {
      if (await this.inbox.dropForgotten(unit, digest, subject)) return;
      this.log.warn('a GTF callback about a submission that is not ours', { businessUnit: unit });
      return;
    }
    Trace.note({ submissionId: session.submissionId });
    const submission = await this.submissions.find(unit, session.submissionId);
    if (submission !== undefined) await this.#claim(digest, submission);
    // When GTF cannot be asked, the job is tried again; after that polling goes on.
    const resumed = submission?.status === 'stale' ? await this.reconciliation.resume(session) : session;
    await this.reconciliation.ask(resumed, 'callback', Deadline.after(ASK_WITHIN_MS));
  }

  async #claim(digest: Buffer, submission: Submission): Promise<void> {
    try {
      await this.inbox.claim(digest, submission);
    } catch (error) {
      // Its bytes are evidence only: GTF is asked whether they can be opened or not.
      if (!(error instanceof UnsealError)) throw error;
      const { businessUnit } = submission;
      this.log.alarm('data_key_missing', 'a GTF callback that was kept cannot be opened', { businessUnit });
    }
  }
}
