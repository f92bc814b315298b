import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChainEvents } from './chain/chain-events';
import { LedgerSigner } from './chain/checkpoint';
import { CheckpointMemory } from './chain/checkpoint-memory';
import { CheckpointPublisher } from './chain/checkpoint-publisher';
import { Checkpoints } from './chain/checkpoints';
import { Decisions } from './decisions/decisions';
import { LedgerState } from './chain/ledger-state';
import { LedgerStateController } from './chain/ledger-state.controller';
import { DecisionsController } from './decisions/decisions.controller';
import { EventAppender } from './events/event-appender';
import { EventFactory } from './events/event-factory';
import { FollowUps } from './events/follow-ups';
import { IdentityReading } from './people/identity-reading';
import { KeyRotation } from './people/key-rotation';
import { Ledger } from './events/ledger';
import { KycEvent, LedgerCheckpoint, LedgerHead, LedgerRestore } from './events/ledger.entity';
import { LedgerMetrics } from './ledger-metrics';
import { CheckpointSigning, LedgerTasks } from './ledger-tasks';
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
import { SubmissionAccess } from './submissions/submission-access.guard';
import { SubmissionAccessGuard } from './submissions/submission-access.guard';
import { SubmissionEvents } from './submissions/submission-events';
import { SubmissionSearch } from './submissions/submission-search';
import { SubmissionSummary } from './submissions/submission-summary';
import { SubmissionSummaryController } from './submissions/submission-summary.controller';
import { SubmissionRepository } from './submissions/submission.repository';
import { SubmissionViews } from './submissions/submission-view';
import { SubmissionsController } from './submissions/submissions.controller';

const ENTITIES = [
  ...[LedgerHead, KycEvent, LedgerCheckpoint, LedgerRestore],
  ...[Submission, SubmissionOpening, StoredPerson, FormerKey, PersonIndex, VaultEntry],
];

/** What happened to every submission, who decided, provable and forgettable. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature(ENTITIES)],
  controllers: [
    ...[SubmissionSummaryController, SubmissionsController, DecisionsController, StreamController],
    ...[PeopleController, LedgerStateController],
  ],
  providers: [
    Ledger,
    EventAppender,
    EventFactory,
    FollowUps,
    People,
    PersonVault,
    PersonCopy,
    PersonErasure,
    Forgetting,
    ErasureNotes,
    AllPersonalRecords,
    SubmissionRepository,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionEvents,
    SubmissionSearch,
    SubmissionSummary,
    SubmissionViews,
    IdentityReading,
    Decisions,
    LedgerRecords,
    LedgerState,
    ChainEvents,
    LedgerSigner,
    CheckpointMemory,
    CheckpointPublisher,
    Checkpoints,
    CheckpointSigning,
    KeyRotation,
    LedgerFeed,
    LedgerMetrics,
    LedgerTasks,
    StreamHub,
  ],
  exports: [
    FollowUps,
    Ledger,
    LedgerFeed,
    AllPersonalRecords,
    People,
    PersonErasure,
    PersonVault,
    SubmissionRepository,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionViews,
  ],
})
export class KycLedgerModule {}
