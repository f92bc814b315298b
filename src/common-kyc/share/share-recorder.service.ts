import { Injectable } from '@nestjs/common';
import { COMMON_KYC_STORE_JOB, Ledger, type Submission } from '../../kyc-ledger';
import { databaseTime, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { Log } from '../../platform/logging';
import { retryDelaySeconds } from './share-policy';
import { GIVE_UP_AFTER_MS, type GroupedShare } from './share-groups.service';
import { ShareRepository } from './share.repository';

/** Why a share ended without the data at the partner: `reasonCode` of `common_kyc.share_failed`. */
export type ShareFailure = 'superseded' | 'partner_refused' | 'retries_exhausted' | 'person_withdrew';

/** How the partner took the data. */
export type StoreReply =
  | { readonly kind: 'accepted'; readonly partnerRequestId: string | null }
  | { readonly kind: 'refused' }
  | { readonly kind: 'later'; readonly retryAfterSeconds: number | undefined };

/** Records what became of a share: its row, the ledger, and the jobs that follow. */
@Injectable()
export class ShareRecorder {
  constructor(
    private readonly ledger: Ledger,
    private readonly repository: ShareRepository,
    private readonly jobs: Jobs,
    private readonly log: Log,
  ) {}

  /** The partner has the data. The jobs of older shares that still wait run at once, to end as superseded. */
  async accepted(tx: Transaction, grouped: GroupedShare, partnerRequestId: string | null): Promise<void> {
    const { submission, own, shares } = grouped;
    const acceptedAt = await databaseTime(tx);
    await this.repository.save(tx, submission.businessUnit, {
      ...own,
      state: 'accepted',
      acceptedAt,
      leaseUntil: null,
    });
    await this.shared(tx, submission, { partnerRequestId });
    for (const other of shares)
      if (other.submissionId !== own.submissionId && other.state === 'waiting')
        await this.again(tx, submission.businessUnit, other.submissionId, 0);
  }

  /** The partner took the very same data from another submission of the number. */
  async same(tx: Transaction, { submission, own, shares }: GroupedShare): Promise<void> {
    const twin = shares.find(({ state, content }) => state === 'accepted' && content === own.content);
    await this.repository.save(tx, submission.businessUnit, {
      ...own,
      state: 'accepted',
      acceptedAt: twin?.acceptedAt ?? (await databaseTime(tx)),
      leaseUntil: null,
    });
    await this.shared(tx, submission, { sentWith: twin?.submissionId ?? null });
  }

  async failed(tx: Transaction, { submission, own }: GroupedShare, reason: ShareFailure): Promise<void> {
    await this.repository.save(tx, submission.businessUnit, { ...own, state: 'failed', leaseUntil: null });
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
    await this.repository.save(tx, submission.businessUnit, {
      ...own,
      state: 'waiting',
      dueAt,
      leaseUntil: null,
    });
    await this.again(tx, submission.businessUnit, submission.id, seconds);
  }

  /** Starts anew, with a full time to succeed in. A try that is under way keeps its lease: the next one waits for it. */
  async restart(tx: Transaction, { submission, own }: GroupedShare): Promise<void> {
    const now = await databaseTime(tx);
    await this.repository.save(tx, submission.businessUnit, {
      ...own,
      state: own.state === 'sending' ? 'sending' : 'waiting',
      tries: 0,
      dueAt: now,
      giveUpAt: new Date(now.getTime() + GIVE_UP_AFTER_MS),
    });
    await this.again(tx, submission.businessUnit, submission.id, 0);
  }

  async again(tx: Transaction, businessUnit: string, submissionId: string, inSeconds: number): Promise<void> {
    const options = { startAfter: Math.max(0, inSeconds) };
    await this.jobs.send(tx, COMMON_KYC_STORE_JOB, { businessUnit, submissionId }, options);
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
