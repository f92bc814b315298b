import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CommonKycLookup, CommonKycReadings, CommonKycStore } from './common-kyc.service';
import { CommonKycController } from './common-kyc.controller';
import { CommonKycClient } from './partner/common-kyc.client';
import { CommonKycShare } from './share/common-kyc-share.entity';
import { ShareGroups } from './share/share-group.service';
import { ShareRecorder } from './share/share-recorder.service';
import { ShareController } from './share/share.controller';
import { ShareProcessor } from './share/share.processor';
import { ShareRecords, ShareRepository } from './share/share.repository';
import { ShareService } from './share/share.service';

/** Approved KYC data, shared through SIMAS-ID: pre-fill, look-up, and a store that gets there. */
@Module({
  imports: [TypeOrmModule.forFeature([CommonKycShare])],
  controllers: [CommonKycController, ShareController],
  providers: [
    CommonKycClient,
    CommonKycLookup,
    CommonKycReadings,
    CommonKycStore,
    ShareGroups,
    ShareRecorder,
    ShareRecords,
    ShareRepository,
    ShareService,
    ShareProcessor,
  ],
})
export class CommonKycModule {}
