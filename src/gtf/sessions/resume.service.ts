import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type DocumentDto, type Resumable, type Submission, SubmissionViews } from '../../kyc-ledger';
import type { Transaction } from '../../platform/database';
import { SessionRepository } from './session.repository';

/** What an app that was closed or reloaded needs to go on: which documents are missing, and the way back to GTF's page. */
@Injectable()
export class GtfResume implements Resumable, OnModuleInit {
  constructor(
    private readonly views: SubmissionViews,
    private readonly sessions: SessionRepository,
  ) {}

  onModuleInit(): void {
    this.views.resumeBy(this);
  }

  /** What went straight to GTF's storage is not known here until GTF takes the submission over, which it does with all documents. */
  async documentsOf(
    unit: string,
    submissions: readonly Submission[],
    within?: Transaction,
  ): Promise<ReadonlyMap<string, readonly DocumentDto[]>> {
    const ids = submissions.map(({ id }) => id);
    const documents = Map.groupBy(
      await this.sessions.documents(unit, ids, within),
      ({ submissionId }) => submissionId,
    );
    return new Map(
      submissions.map(({ id, status }) => {
        const states = (documents.get(id) ?? []).map(({ type, sha256 }): DocumentDto => {
          return { type, state: sha256 !== null || status !== 'open' ? 'uploaded' : 'missing' };
        });
        return [id, states];
      }),
    );
  }

  /** Until the person has finished on GTF's page; who gave up for a day may still go back. */
  async launchUrlOf({ businessUnit, id: submissionId, status }: Submission): Promise<string | null> {
    if (status !== 'open' && status !== 'stale') return null;
    return this.sessions.launchUrl({ businessUnit, submissionId });
  }
}
