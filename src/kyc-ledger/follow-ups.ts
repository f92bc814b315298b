import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database';
import { Jobs } from '../platform/jobs';
import type { FollowUp } from './new-event';
import { LedgerNotifier } from './ledger-notifier';
import type { Submission } from './projection';

/** What follows an event: its jobs in the same transaction, the news of it after the commit. */
@Injectable()
export class FollowUps {
  constructor(
    private readonly jobs: Jobs,
    private readonly news: LedgerNotifier,
  ) {}

  async follow(tx: Transaction, submission: Submission, followUps: readonly FollowUp[] = []): Promise<void> {
    for (const { job, data, options } of followUps) await this.jobs.send(tx, job, data, options);
    tx.afterCommit(() => this.tell(submission));
  }

  /** Streams of the submission hear of it. */
  tell({ businessUnit, id }: Pick<Submission, 'businessUnit' | 'id'>): void {
    this.news.tell(businessUnit, id);
  }
}
