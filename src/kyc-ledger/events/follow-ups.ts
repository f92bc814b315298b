import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { LedgerNotifier } from './ledger-notifier';
import type { Submission } from '../submissions/submission.entity';

/** What a feature does with approved submissions. */
interface Sharing {
  /** For what the person consents with the approval: a fixed word in its event. */
  readonly purpose: string;
  /** A job with the payload `{ businessUnit, submissionId }`. */
  readonly job: string;
}

/** What follows an event: jobs in the same transaction, the news of it after the commit. */
@Injectable()
export class FollowUps {
  #sharing: Sharing | undefined;

  constructor(
    private readonly jobs: Jobs,
    private readonly news: LedgerNotifier,
  ) {}

  /** What follows each approval. Call in `onModuleInit`. */
  onApproved(sharing: Sharing): void {
    this.#sharing = sharing;
  }

  get purpose(): string {
    return this.#sharing?.purpose ?? 'approval';
  }

  /** @param before undefined where the submission is opened */
  async follow(tx: Transaction, before: Submission | undefined, after: Submission): Promise<void> {
    const { businessUnit, id: submissionId } = after;
    if (this.#sharing !== undefined && after.status === 'approved' && before?.status !== 'approved')
      await this.jobs.send(tx, this.#sharing.job, { businessUnit, submissionId });
    tx.afterCommit(() => this.tell(after));
  }

  /** Streams of the submission hear of it. */
  tell({ businessUnit, id }: Pick<Submission, 'businessUnit' | 'id'>): void {
    this.news.tell(businessUnit, id);
  }
}
