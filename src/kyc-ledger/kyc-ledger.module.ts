import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IdempotencyKey, IdempotencyStore } from '../platform/idempotency';
import { MetricsModule } from '../platform/metrics';
import { ChainEvents } from './chain/chain-events';
import { LedgerSigner } from './chain/checkpoint';
import { CheckpointMemory } from './chain/checkpoint-memory';
import { CheckpointPublisher } from './chain/checkpoint-publisher';
import { Checkpoints } from './chain/checkpoints';
import { ExportScopes, LedgerExport } from './chain/ledger-export';
import { LedgerVerification } from './chain/ledger-verification';
import { ProjectionRebuild } from './chain/projection-rebuild';
import { Decisions } from './decisions/decisions';
import { LedgerState } from './chain/ledger-state';
import { LedgerStateController } from './chain/ledger-state.controller';
import { DecisionsController } from './decisions/decisions.controller';
import { EventAppender } from './events/event-appender';
import { EventFactory } from './events/event-factory';
import { FollowUps } from './events/follow-ups';
import { AffectedPeople } from './people/affected-people';
import { IdentityReading } from './people/identity-reading';
import { KeyRotation } from './people/key-rotation';
import { Ledger } from './events/ledger';
import { KycEvent, LedgerCheckpoint, LedgerHead, LedgerRestore } from './events/ledger.entity';
import { LedgerMetrics } from './ledger-metrics';
import { LedgerTasks } from './ledger-tasks';
import { LedgerFeed } from './feed/ledger-feed';
import { LedgerRecords } from './erasure/ledger-records';
import { PeopleController } from './people/people.controller';
import { ErasureNotes } from './erasure/erasure-notes';
import { Forgetting } from './erasure/forgetting';
import { People } from './people/people';
import { PersonCopy } from './people/person-copy';
import { PersonErasure } from './erasure/person-erasure';
import { FormerKey, PersonIndex, StoredPerson, VaultEntry } from './people/person.entity';
import { AllPersonalRecords } from './erasure/personal-records';
import { PersonVault } from './people/person-vault';
import { StreamHub } from './stream/stream-hub';
import { StreamController } from './stream/stream.controller';
import { Submission, SubmissionOpening } from './submissions/submission.entity';
import { SubmissionAccess, SubmissionAccessGuard } from './submissions/submission-access.guard';
import { SubmissionEvents } from './submissions/submission-events';
import { SubmissionSearch } from './submissions/submission-search';
import { SubmissionSummary } from './submissions/submission-summary';
import { SubmissionRepository } from './submissions/submission.repository';
import { SubmissionViews } from './submissions/submission-view';
import { SubmissionsController } from './submissions/submissions.controller';

const ENTITIES = [
  LedgerHead,
  KycEvent,
  LedgerCheckpoint,
  LedgerRestore,
  Submission,
  SubmissionOpening,
  StoredPerson,
  FormerKey,
  PersonIndex,
  VaultEntry,
];

/** Who is known, and what is kept of them. */
const KEPT = [People, PersonVault, SubmissionRepository];
const SIGNING = [ChainEvents, CheckpointMemory, CheckpointPublisher, Checkpoints, LedgerSigner];
const APPENDING = [EventAppender, EventFactory, FollowUps, Ledger];
const FORGETTING = [AllPersonalRecords, ErasureNotes, Forgetting, LedgerRecords, PersonErasure];

/** What happened to every submission, who decided, provable and forgettable. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature(ENTITIES)],
  controllers: [
    SubmissionsController,
    DecisionsController,
    StreamController,
    PeopleController,
    LedgerStateController,
  ],
  providers: [
    ...KEPT,
    ...SIGNING,
    ...APPENDING,
    ...FORGETTING,
    Decisions,
    IdentityReading,
    KeyRotation,
    LedgerFeed,
    LedgerMetrics,
    LedgerState,
    LedgerTasks,
    PersonCopy,
    StreamHub,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionEvents,
    SubmissionSearch,
    SubmissionSummary,
    SubmissionViews,
  ],
  exports: [
    ...KEPT,
    AllPersonalRecords,
    FollowUps,
    Ledger,
    LedgerFeed,
    PersonErasure,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionViews,
  ],
})
export class KycLedgerModule {}

/** What `npm run ledger` works with, without the rest of the program. */
@Module({
  providers: [
    ...KEPT,
    ...SIGNING,
    AffectedPeople,
    ExportScopes,
    LedgerExport,
    LedgerVerification,
    ProjectionRebuild,
  ],
})
export class LedgerToolsModule {}

/** What it takes to forget people, without the rest of the program. The features' own records are added beside it. */
@Global()
@Module({
  imports: [MetricsModule, TypeOrmModule.forFeature([...ENTITIES, IdempotencyKey])],
  providers: [...KEPT, ...APPENDING, ...FORGETTING, IdempotencyStore],
  exports: [AllPersonalRecords],
})
export class ErasureToolsModule {}
