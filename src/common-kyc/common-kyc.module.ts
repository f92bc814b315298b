import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FollowUps } from '../kyc-ledger';
import { type PlatformSettings, platformSettings } from '../platform/config';
import { Jobs } from '../platform/jobs';
import { CommonKycLookup, CommonKycReadings, CommonKycStore } from './common-kyc.service';
import { CommonKycController } from './common-kyc.controller';
import { CommonKycClient } from './partner/common-kyc.client';
import { CommonKycShare, type ShareKey } from './share/common-kyc-share.entity';
import { ShareGroups } from './share/share-group.service';
import { ShareMetrics } from './share/share-metrics';
import { SHARE_JOB, ShareRecorder } from './share/share-recorder.service';
import { ShareRecords } from './share/share-records.service';
import { ShareService } from './share/share.service';

/** The job of an approved submission. */
const APPROVED_JOB = 'kyc-approved';
/** Shares of one phone number are one after another. */
export const commonKycQueues = [{ name: APPROVED_JOB }, { name: SHARE_JOB, policy: 'singleton' }] as const;
/** A job fails with the database or the worker alone: the partner's failures are recorded, and a new job is planned. */
const RETRIES = { concurrency: 4, retryLimit: 100, retryDelay: 2, notify: true };

/** Approved KYC data, shared through SIMAS-ID: pre-fill, look-up, and a store that gets there. */
@Module({
  imports: [TypeOrmModule.forFeature([CommonKycShare])],
  controllers: [CommonKycController],
  providers: [
    CommonKycClient,
    CommonKycLookup,
    CommonKycReadings,
    CommonKycStore,
    ShareGroups,
    ShareMetrics,
    ShareRecorder,
    ShareRecords,
    ShareService,
  ],
})
export class CommonKycModule implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly shares: ShareService,
    private readonly followUps: FollowUps,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {}

  onModuleInit(): void {
    this.followUps.onApproved({ purpose: 'common-kyc', job: APPROVED_JOB });
    const expireInSeconds = Math.ceil(this.settings.values.PARTNER_TIMEOUT_MS / 1_000) + 30;
    const queue = { ...RETRIES, expireInSeconds };
    this.jobs.work({ name: APPROVED_JOB, ...queue }, (key: ShareKey) => this.shares.begin(key));
    this.jobs.work({ name: SHARE_JOB, ...queue }, (key: ShareKey) => this.shares.share(key));
  }
}
