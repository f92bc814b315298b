import { Injectable } from '@nestjs/common';
import { type Submission, SubmissionRepository } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import type { JobData } from '../../platform/jobs';
import { PartnerError } from '../../platform/outbound';
import { CommonKycClient } from '../partner/common-kyc.client';
import type { ApprovedKyc } from '../kyc-record';
import { PushDesk } from './share.service';
import type { StoreAnswer } from './share-recorder.service';

/** Works one push: whose turn is it, send, write down the answer. The call stands between two transactions. */
@Injectable()
export class ShareJob {
  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly desk: PushDesk,
    private readonly client: CommonKycClient,
  ) {}

  async run(job: JobData): Promise<void> {
    const submission = await this.submissions.find(String(job['businessUnit']), String(job['submissionId']));
    // A unit without credentials keeps `approved`; once it has some, the back office redrives.
    if (submission === undefined || !this.client.serves(submission.businessUnit)) return;
    const kyc = await this.database.transaction((tx) => this.desk.claim(tx, submission));
    if (kyc === null) return;
    const answer = await this.#send(submission, kyc);
    await this.database.transaction((tx) => this.desk.settle(tx, submission, answer));
  }

  async #send({ businessUnit }: Submission, kyc: ApprovedKyc): Promise<StoreAnswer> {
    try {
      return { kind: 'accepted', partnerRequestId: await this.client.store(businessUnit, kyc) };
    } catch (error) {
      if (!(error instanceof PartnerError)) throw error;
      if (error.fault === 'refused') return { kind: 'refused' };
      // Only what the partner asked for counts; an open breaker has a suggestion of its own.
      const wanted = error.httpStatus === undefined ? undefined : error.retryAfterSeconds;
      return { kind: 'later', retryAfterSeconds: wanted };
    }
  }
}
