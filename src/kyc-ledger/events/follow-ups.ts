import { Injectable } from '@nestjs/common';
import { Notifications, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import type { Submission } from '../submissions/submission.entity';

/** NOTIFY channel that tells which submission has news, `unit/submission`; `unit/` where the news is of none. */
export const LEDGER_CHANNEL = 'kyc_ledger';
/** Under load one statement tells of many. */
const GATHER_MS = 10;

/** What a feature does with approved submissions. */
interface Sharing {
  /** For what the person consents with the approval: a fixed word in its event. */
  readonly purpose: string;
  /** A job with the payload `{ businessUnit, submissionId }`. */
  readonly job: string;
}

/**
 * What follows an event: jobs in the same transaction, the news of it after the commit. That is best effort: listeners look by themselves
 * now and then.
 */
@Injectable()
export class FollowUps {
  #sharing: Sharing | undefined;
  #news = new Set<string>();

  constructor(
    private readonly jobs: Jobs,
    private readonly notifications: Notifications,
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

  /** Who watches the submission or the unit hears of it, in every process. An empty `id`: the news is of no submission. */
  tell({ businessUnit, id }: Pick<Submission, 'businessUnit' | 'id'>): void {
    if (this.#news.size === 0) setTimeout(() => this.#send(), GATHER_MS).unref();
    this.#news.add(`${businessUnit}/${id}`);
  }

  #send(): void {
    const payloads = [...this.#news];
    this.#news = new Set();
    this.notifications.notify(LEDGER_CHANNEL, payloads);
  }
}
