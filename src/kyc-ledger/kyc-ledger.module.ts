import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChainEvents } from './chain/chain-events';
import { LedgerSigner } from './chain/checkpoint';
import { CheckpointMemory } from './chain/checkpoint-memory';
import { CheckpointPublisher } from './chain/checkpoint-publisher';
import { Checkpoints } from './chain/checkpoints';
import { Decisions } from './decisions';
import { DecisionsController } from './decisions.controller';
import { EventFactory } from './event-factory';
import { FollowUps } from './follow-ups';
import { IdentityReading } from './identity-reading';
import { KeyRotation } from './key-rotation';
import { Ledger } from './ledger';
import { KycEvent, LedgerCheckpoint, LedgerHead, LedgerRestore } from './ledger.entity';
import { LedgerTasks } from './ledger-tasks';
import { LedgerHealth } from './ledger-health';
import { LedgerRecords } from './ledger-records';
import { LedgerNotifier } from './ledger-notifier';
import { PeopleController } from './people.controller';
import { ErasureNotes } from './erasure-notes';
import { Forgetting } from './forgetting';
import { People } from './people';
import { PersonCopy } from './person-copy';
import { PersonErasure } from './person-erasure';
import { PersonIndex, StoredPerson, VaultEntry } from './person.entity';
import { AllPersonalRecords } from './personal-records';
import { PersonVault } from './person-vault';
import { StreamHub } from './stream/stream-hub';
import { StreamController } from './stream/stream.controller';
import { Submission, SubmissionOpening } from './submission.entity';
import { SubmissionAccess } from './submission-access';
import { SubmissionAccessGuard } from './submission-access.guard';
import { SubmissionEvents } from './submission-events';
import { SubmissionSearch } from './submission-search';
import { SubmissionRepository } from './submission.repository';
import { SubmissionViews } from './submission-view';
import { SubmissionsController } from './submissions.controller';

const ENTITIES = [
  ...[LedgerHead, KycEvent, LedgerCheckpoint, LedgerRestore],
  ...[Submission, SubmissionOpening, StoredPerson, PersonIndex, VaultEntry],
];

/** What happened to every submission, who decided, provable and forgettable. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature(ENTITIES)],
  controllers: [SubmissionsController, DecisionsController, PeopleController, StreamController],
  providers: [
    Ledger,
    EventFactory,
    FollowUps,
    LedgerNotifier,
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
    SubmissionViews,
    IdentityReading,
    Decisions,
    LedgerRecords,
    ChainEvents,
    LedgerSigner,
    CheckpointMemory,
    CheckpointPublisher,
    Checkpoints,
    KeyRotation,
    LedgerTasks,
    LedgerHealth,
    StreamHub,
  ],
  exports: [
    FollowUps,
    Ledger,
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
