import { Injectable } from '@nestjs/common';
import { Ledger, type Submission } from '../../kyc-ledger';
import { databaseTime, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { Log } from '../../platform/logging';
import { GIVE_UP_AFTER_MS, type GroupedShare } from './share-group.service';
import { retryDelaySeconds, type Share } from './share-policy';
import { ShareRepository } from './share.repository';

/** The job that shares a submission; its key is the phone number's, of which one is worked on at a time. */
export const SHARE_JOB = 'common-kyc-share';

/** Why a share ended without the data at the partner: `reasonCode` of `common_kyc.share_failed`. */
export type ShareFailure = 'superseded' | 'partner_refused' | 'retries_exhausted' | 'person_withdrew';

/** Records what became of a share: its row, the ledger, and the job that follows. */
@Injectable()
export class ShareRecorder {
  constructor(
    private readonly ledger: Ledger,
    private readonly repository: ShareRepository,
    private readonly jobs: Jobs,
    private readonly log: Log,
  ) {}

  /** Counts a try before it is made. */
  async trying(tx: Transaction, { submission, own }: GroupedShare): Promise<void> {
    await this.repository.save(tx, submission.businessUnit, { ...own, tries: own.tries + 1 });
  }

  /** The partner has the data. Other shares of the number that still wait may be over now. */
  async accepted(tx: Transaction, grouped: GroupedShare, partnerRequestId: string | null): Promise<void> {
    const { submission, own, shares } = grouped;
    const acceptedAt = await databaseTime(tx);
    await this.repository.save(tx, submission.businessUnit, { ...own, state: 'accepted', acceptedAt });
    await this.shared(tx, submission, { partnerRequestId });
    for (const other of shares)
      if (other.submissionId !== own.submissionId && other.state === 'waiting')
        await this.send(tx, grouped, other);
  }

  /** The partner took the very same data from another submission of the number. */
  async same(tx: Transaction, { submission, own, shares }: GroupedShare): Promise<void> {
    const twin = shares.find(({ state, content }) => state === 'accepted' && content === own.content);
    const acceptedAt = twin?.acceptedAt ?? (await databaseTime(tx));
    await this.repository.save(tx, submission.businessUnit, { ...own, state: 'accepted', acceptedAt });
    await this.shared(tx, submission, { sentWith: twin?.submissionId ?? null });
  }

  async failed(tx: Transaction, { submission, own }: GroupedShare, reason: ShareFailure): Promise<void> {
    await this.repository.save(tx, submission.businessUnit, { ...own, state: 'failed' });
    await this.shareFailed(tx, submission, reason, own.giveUpAt.getTime());
  }

  /** @param round differs with each restart: its failure is an event of its own */
  async shareFailed(
    tx: Transaction,
    submission: Submission,
    reason: ShareFailure,
    round: number,
  ): Promise<void> {
    const { businessUnit, id: submissionId } = submission;
    await this.ledger.append(tx, {
      businessUnit,
      submissionId,
      type: 'common_kyc.share_failed',
      sourceKey: `common_kyc.share_failed:${submissionId}:${round}`,
      data: { reasonCode: reason },
    });
    if (reason === 'partner_refused' || reason === 'retries_exhausted')
      this.log.alarm('approved data did not reach common-kyc', { businessUnit, submissionId, reason });
  }

  /** Not now: tries again until the time to give up has come. */
  async later(tx: Transaction, grouped: GroupedShare, retryAfter: number | undefined): Promise<void> {
    const { submission, own } = grouped;
    const seconds = retryDelaySeconds(own.tries, retryAfter, Math.random());
    const dueAt = new Date((await databaseTime(tx)).getTime() + seconds * 1_000);
    if (dueAt > own.giveUpAt) return this.failed(tx, grouped, 'retries_exhausted');
    await this.repository.save(tx, submission.businessUnit, { ...own, dueAt });
    await this.send(tx, grouped, own, dueAt);
  }

  /** Starts anew, with a full time to succeed in. A try that is under way ends first: it has the same key. */
  async restart(tx: Transaction, grouped: GroupedShare): Promise<void> {
    const now = await databaseTime(tx);
    await this.repository.save(tx, grouped.submission.businessUnit, {
      ...grouped.own,
      state: 'waiting',
      tries: 0,
      dueAt: now,
      giveUpAt: new Date(now.getTime() + GIVE_UP_AFTER_MS),
    });
    await this.send(tx, grouped, grouped.own);
  }

  /** @param dueAt later than now; without it the job's worker is woken by the commit */
  async send(tx: Transaction, grouped: GroupedShare, { submissionId }: Share, dueAt?: Date): Promise<void> {
    const data = { businessUnit: grouped.submission.businessUnit, submissionId };
    const singletonKey = grouped.numberDigest.toString('hex');
    const startAfter = dueAt === undefined ? {} : { startAfter: dueAt };
    await this.jobs.send(tx, SHARE_JOB, data, { singletonKey, ...startAfter });
  }

  /** Records that the partner has the data: a person who is erased here has to be erased there as well. */
  async shared(
    tx: Transaction,
    { businessUnit, id: submissionId }: Submission,
    data: Readonly<Record<string, string | null>>,
  ): Promise<void> {
    await this.ledger.append(tx, {
      businessUnit,
      submissionId,
      type: 'common_kyc.shared',
      sourceKey: `common_kyc.shared:${submissionId}`,
      data: { ...data, reasonCode: null },
    });
  }
}
