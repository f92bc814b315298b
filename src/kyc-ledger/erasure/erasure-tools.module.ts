import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyKey, IdempotencyStore } from '../../platform/idempotency';
import { MetricsModule } from '../../platform/metrics';
import { EventAppender } from '../events/event-appender';
import { EventFactory } from '../events/event-factory';
import { ErasureNotes } from './erasure-notes';
import { FollowUps } from '../events/follow-ups';
import { Forgetting } from './forgetting';
import { Ledger } from '../events/ledger';
import { LedgerRecords } from './ledger-records';
import { People } from '../people/people';
import { PersonErasure } from './person-erasure';
import { PersonVault } from '../people/person-vault';
import { AllPersonalRecords } from './personal-records';
import { SubmissionRepository } from '../submissions/submission.repository';

/** What it takes to forget people, without the rest of the program. The features' own records are added beside it. */
@Global()
@Module({
  imports: [MetricsModule, TypeOrmModule.forFeature([IdempotencyKey])],
  providers: [
    AllPersonalRecords,
    EventAppender,
    EventFactory,
    ErasureNotes,
    IdempotencyStore,
    FollowUps,
    Forgetting,
    Ledger,
    LedgerRecords,
    People,
    PersonErasure,
    PersonVault,
    SubmissionRepository,
  ],
  exports: [AllPersonalRecords],
})
export class ErasureToolsModule {}
