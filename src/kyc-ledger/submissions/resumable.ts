import type { Transaction } from '../../platform/database';
import type { Submission } from './submission.entity';

/** A document that a submission takes. */
export interface DocumentState {
  readonly type: string;
  readonly state: 'missing' | 'uploaded';
}

/** What a feature knows of how a person goes on with its submissions. */
export interface Resumable {
  /** By submission; those of other features may be left out. */
  documentsOf(
    unit: string,
    submissions: readonly Submission[],
    within?: Transaction,
  ): Promise<ReadonlyMap<string, readonly DocumentState[]>>;
  /** The way back to the partner's page while it can be used: its holder acts as the person. */
  launchUrlOf(submission: Submission): Promise<string | null>;
}
