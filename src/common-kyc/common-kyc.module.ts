import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { COMMON_KYC_STORE_JOB } from '../kyc-ledger';
import { type PlatformSettings, platformSettings } from '../platform/config';
import { JobQueue } from '../platform/jobs';
import { CommonKycLookup } from './common-kyc-lookup.service';
import { CommonKycStore } from './common-kyc-store.service';
import { CommonKycController } from './common-kyc.controller';
import { CommonKycClient } from './partner/common-kyc.client';
import { PushDesk } from './share/share.service';
import { PushOutcomes } from './share/share-recorder.service';
import { PushPlaces } from './share/share-groups.service';
import { PushRecords } from './share/share-records.service';
import { PushRepository } from './share/share.repository';
import { Reading } from './reading.service';
import { Redrive } from './share/share-restart.service';
import { RedriveController } from './share/share.controller';
import { ShareJob } from './share/share.processor';

/** Approved KYC data, shared through SIMAS-ID: pre-fill, look-up, and a store that gets there. */
@Module({
  controllers: [CommonKycController, RedriveController],
  providers: [
    CommonKycClient,
    CommonKycLookup,
    CommonKycStore,
    PushDesk,
    PushOutcomes,
    PushPlaces,
    PushRecords,
    Reading,
    PushRepository,
    Redrive,
    ShareJob,
  ],
})
export class CommonKycModule implements OnModuleInit {
  constructor(
    private readonly jobs: JobQueue,
    private readonly job: ShareJob,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {}

  onModuleInit(): void {
    const callSeconds = Math.ceil(this.settings.values.PARTNER_TIMEOUT_MS / 1_000);
    this.jobs.define(
      {
        name: COMMON_KYC_STORE_JOB,
        concurrency: 4,
        expireInSeconds: callSeconds + 30,
        // The partner's failures are no failures of the job: it writes them down. These are the database's and a dead worker's.
        retryLimit: 100,
        retryDelaySeconds: 2,
      },
      (data) => this.job.run(data),
    );
  }
}
