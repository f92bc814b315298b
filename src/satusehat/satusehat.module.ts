import { availableParallelism } from 'node:os';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BusinessUnits } from '../business-units';
import { type PlatformSettings, platformSettings } from '../platform/config';
import { Metrics } from '../platform/metrics';
import { FrameRecords, FrameSessionRepository } from './frame-session.repository';
import { OfficerLimits, OfficerSubmissions } from './officer-submissions.service';
import { SatusehatOfficer } from './officer.authenticator';
import { KeyPairPool, makeKeyPair } from './partner/key-pair-pool';
import { SatusehatClient } from './partner/satusehat.client';
import { SatusehatApiClient } from './partner/satusehat-api.client';
import { SatusehatFrame } from './satusehat-frame.entity';
import { SatusehatController } from './satusehat.controller';
import { type SatusehatSettings, satusehatSettings } from './satusehat.settings';
import { SatusehatService } from './satusehat.service';

/** The making of keys waits, so that it does not slow the start. */
const FILL_AFTER_MS = 2_000;
const MAX_AGE_MS = 3_600_000;
/** One of libuv's four threads stays free for files and names. */
const MAX_MAKERS = 3;

/** SATUSEHAT KYC: validation pages for officers and challenge codes for patients, through the Ministry's encrypted envelope. */
@Module({
  imports: [TypeOrmModule.forFeature([SatusehatFrame])],
  controllers: [SatusehatController],
  providers: [
    SatusehatService,
    OfficerSubmissions,
    SatusehatOfficer,
    OfficerLimits,
    FrameSessionRepository,
    FrameRecords,
    SatusehatClient,
    SatusehatApiClient,
    {
      provide: KeyPairPool,
      inject: [BusinessUnits, satusehatSettings.token, platformSettings.token, Metrics],
      useFactory: createPool,
    },
  ],
})
export class SatusehatModule {}

function createPool(
  units: BusinessUnits,
  { values, forUnit }: SatusehatSettings,
  platform: PlatformSettings,
  metrics: Metrics,
): KeyPairPool {
  const serves = platform.values.ROLE !== 'worker' && units.all.some(({ id }) => forUnit(id) !== null);
  const options = {
    size: values.SATUSEHAT_KEY_POOL_SIZE,
    maxAgeMs: MAX_AGE_MS,
    maxUses: values.SATUSEHAT_KEY_MAX_USES,
    makers: Math.min(MAX_MAKERS, Math.max(1, availableParallelism() - 1)),
    fillAfterMs: serves ? FILL_AFTER_MS : null,
    make: makeKeyPair,
  };
  return new KeyPairPool(options, metrics);
}
