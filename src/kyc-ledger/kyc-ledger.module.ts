import { Global, Module } from '@nestjs/common';
import { ChainEvents } from './chain/chain-events';
import { LedgerSigner } from './chain/checkpoint';
import { CheckpointMemory } from './chain/checkpoint-memory';
import { CheckpointPublisher } from './chain/checkpoint-publisher';
import { Checkpoints } from './chain/checkpoints';
import { Decisions } from './decisions';
import { DecisionsController } from './decisions.controller';
import { Drafts } from './drafts';
import { FollowUps } from './follow-ups';
import { ForgottenAnswers } from './forgotten-answers';
import { IdentityReading } from './identity-reading';
import { KeyRotation } from './key-rotation';
import { Ledger } from './ledger';
import { LedgerChores } from './ledger-chores';
import { LedgerHealth } from './ledger-health';
import { LedgerNews } from './ledger-news';
import { PeopleController } from './people.controller';
import { PersonErasure } from './person-erasure';
import { PersonVault } from './person-vault';
import { SharedAppends } from './shared-appends';
import { StreamHub } from './stream/stream-hub';
import { StreamController } from './stream/stream.controller';
import { SubmissionAccess } from './submission-access';
import { SubmissionAccessGuard } from './submission-access.guard';
import { SubmissionEvents } from './submission-events';
import { SubmissionSearch } from './submission-search';
import { SubmissionRepository } from './submission.repository';
import { SubmissionViews } from './submission-view';
import { SubmissionsController } from './submissions.controller';

/** What happened to every submission, who decided, provable and forgettable. */
@Global()
@Module({
  controllers: [SubmissionsController, DecisionsController, PeopleController, StreamController],
  providers: [
    Ledger,
    Drafts,
    FollowUps,
    SharedAppends,
    LedgerNews,
    PersonVault,
    PersonErasure,
    SubmissionRepository,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionEvents,
    SubmissionSearch,
    SubmissionViews,
    IdentityReading,
    Decisions,
    ForgottenAnswers,
    ChainEvents,
    LedgerSigner,
    CheckpointMemory,
    CheckpointPublisher,
    Checkpoints,
    KeyRotation,
    LedgerChores,
    LedgerHealth,
    StreamHub,
  ],
  exports: [
    Ledger,
    PersonErasure,
    PersonVault,
    SubmissionRepository,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionViews,
  ],
})
export class KycLedgerModule {}
