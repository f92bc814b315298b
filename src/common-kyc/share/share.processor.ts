import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { COMMON_KYC_STORE_JOB, type Submission, SubmissionRepository } from '../../kyc-ledger';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Database } from '../../platform/database';
import { type JobData, Jobs } from '../../platform/jobs';
import { PartnerError } from '../../platform/outbound';
import type { ApprovedKyc } from '../kyc-record';
import { CommonKycClient } from '../partner/common-kyc.client';
import type { StoreReply } from './share-recorder.service';
import { ShareService } from './share.service';

/** Shares one submission: claims it, sends, records the answer. The call stands between two transactions. */
@Injectable()
export class ShareProcessor {
  constructor(
    private readonly database: Database,
    private readonly submissions: SubmissionRepository,
    private readonly shares: ShareService,
    private readonly client: CommonKycClient,
  ) {}

  async run(job: JobData): Promise<void> {
    const submission = await this.submissions.find(String(job['businessUnit']), String(job['submissionId']));
    // Without credentials the submission stays `approved`; the back office restarts it once the unit has some.
    if (submission === undefined || !this.client.serves(submission.businessUnit)) return;
    const kyc = await this.database.transaction((tx) => this.shares.claim(tx, submission));
    if (kyc === null) return;
    const reply = await this.#send(submission, kyc);
    await this.database.transaction((tx) => this.shares.record(tx, submission, reply));
  }

  async #send({ businessUnit }: Submission, kyc: ApprovedKyc): Promise<StoreReply> {
    try {
      return { kind: 'accepted', partnerRequestId: await this.client.store(businessUnit, kyc) };
    } catch (error) {
      if (!(error instanceof PartnerError)) throw error;
      if (error.fault === 'refused') return { kind: 'refused' };
      // Only the partner's own wish counts; an open breaker suggests a time as well.
      const wanted = error.httpStatus === undefined ? undefined : error.retryAfterSeconds;
      return { kind: 'later', retryAfterSeconds: wanted };
    }
  }
}

/** Runs {@link ShareProcessor} for each approved submission. */
@Injectable()
export class ShareJob implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly processor: ShareProcessor,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {}

  onModuleInit(): void {
    const callSeconds = Math.ceil(this.settings.values.PARTNER_TIMEOUT_MS / 1_000);
    this.jobs.work(
      {
        name: COMMON_KYC_STORE_JOB,
        concurrency: 4,
        expireInSeconds: callSeconds + 30,
        // The job fails with the database or the worker alone: the partner's failures are recorded, and a new job is planned.
        retryLimit: 100,
        retryDelay: 2,
        notify: true,
      },
      (data) => this.processor.run(data),
    );
  }
}
