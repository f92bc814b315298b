import { Global, Module } from '@nestjs/common';
import { Decisions } from './decisions';
import { DecisionsController } from './decisions.controller';
import { IdentityReading } from './identity-reading';
import { Ledger } from './ledger';
import { LedgerNews } from './ledger-news';
import { PersonVault } from './person-vault';
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
  controllers: [SubmissionsController, DecisionsController, StreamController],
  providers: [
    Ledger,
    LedgerNews,
    PersonVault,
    SubmissionRepository,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionEvents,
    SubmissionSearch,
    SubmissionViews,
    IdentityReading,
    Decisions,
    StreamHub,
  ],
  exports: [
    Ledger,
    PersonVault,
    SubmissionRepository,
    SubmissionAccess,
    SubmissionAccessGuard,
    SubmissionViews,
  ],
})
export class KycLedgerModule {}
