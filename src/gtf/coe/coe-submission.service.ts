import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Context, UserCaller } from '../../auth';
import type { EventData } from '../../kyc-ledger';
import { type TransactionHook, Database } from '../../platform/database';
import { Clock } from '../../platform/time';
import { DocumentRepository, type UploadUrl } from '../documents/document.repository';
import { CoeClient, type CoeSubmissionType } from '../partner/coe.client';
import { SessionOpening } from '../sessions/session-opening.service';

/** A COE submission that waits for its documents. */
export interface CreatedCoeSubmission {
  readonly submissionId: string;
  readonly partnerSessionId: string;
  readonly documents: readonly UploadUrl[];
}

/** What GTF is to check. `sdkSessionId`: the app's own; one is made when there is none. */
export interface CoeOrder {
  readonly submissionType: CoeSubmissionType;
  readonly sdkSessionId?: string | undefined;
}

/** Creates COE submissions. */
@Injectable()
export class CoeSubmissionService {
  constructor(
    private readonly coe: CoeClient,
    private readonly opening: SessionOpening,
    private readonly documents: DocumentRepository,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * @param alongside comes when GTF has agreed
   * @throws PartnerError `refused` with `SUBMISSION_QUOTA_EXCEEDED` when the person's attempts are used up
   */
  async create(
    { caller, deadline }: Context<UserCaller>,
    { submissionType, sdkSessionId = randomUUID() }: CoeOrder,
    consent: EventData,
    alongside: TransactionHook<CreatedCoeSubmission>,
  ): Promise<CreatedCoeSubmission> {
    const { businessUnit, subject } = caller;
    const [submissionId, partnerSessionId] = [randomUUID(), randomUUID()];
    const ids = { businessUnit, userId: subject, partnerSessionId, sdkSessionId };
    // GTF counts the person's attempts: none is spent while the database is away.
    await this.database.query('SELECT 1');
    const created = await this.coe.create(ids, submissionType, deadline);
    const now = this.clock.now();
    const documents = created.documents.map(({ type, url, expiresInSeconds }) => ({
      type,
      uploadUrl: url,
      expiresAt: new Date(now + expiresInSeconds * 1000),
    }));
    const opened = {
      submissionId,
      family: 'coe',
      partnerSessionId,
      sdkSessionId,
      partnerSubmissionId: created.submissionId,
      email: null,
      data: { submissionType, ...consent },
    } as const;
    const answer = { submissionId, partnerSessionId, documents };
    await this.database.transaction((tx) =>
      this.opening.open(tx, caller, opened, async () => {
        await this.documents.keep(tx, businessUnit, submissionId, documents);
        await alongside(tx, answer);
      }),
    );
    return answer;
  }
}
