import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { FollowUps, type Submission, SubmissionRepository } from '../../kyc-ledger';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { Jobs } from '../../platform/jobs';
import { SHARE_JOB } from './share-recorder.service';
import { ShareService } from './share.service';

/** The job of an approved submission. */
const APPROVED_JOB = 'kyc-approved';
/** A job fails with the database or the worker alone: the partner's failures are recorded, and a new job is planned. */
const RETRIES = { concurrency: 4, retryLimit: 100, retryDelay: 2, notify: true };

/** What both jobs say. */
type Approved = { readonly businessUnit: string; readonly submissionId: string };

/** Works the jobs of approved submissions: begins their share, and makes each try. */
@Injectable()
export class ShareProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly submissions: SubmissionRepository,
    private readonly shares: ShareService,
    private readonly followUps: FollowUps,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {}

  onModuleInit(): void {
    this.followUps.onApproved({ purpose: 'common-kyc', job: APPROVED_JOB });
    const callSeconds = Math.ceil(this.settings.values.PARTNER_TIMEOUT_MS / 1_000);
    this.#work(APPROVED_JOB, { expireInSeconds: 30 }, (approved) => this.shares.begin(approved));
    this.#work(SHARE_JOB, { policy: 'singleton', expireInSeconds: callSeconds + 30 }, (approved) =>
      this.shares.share(approved),
    );
  }

  #work(
    name: string,
    own: { readonly policy?: 'singleton'; readonly expireInSeconds: number },
    process: (submission: Submission) => Promise<void>,
  ): void {
    this.jobs.work<Approved>({ name, ...RETRIES, ...own }, async ({ businessUnit, submissionId }) => {
      const submission = await this.submissions.find(businessUnit, submissionId);
      if (submission !== undefined) await process(submission);
    });
  }
}
