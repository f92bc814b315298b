import { Global, Module } from '@nestjs/common';
import { Ledger } from './ledger';
import { PersonVault } from './person-vault';
import { SubmissionAccessGuard } from './submission-access.guard';
import { SubmissionRepository } from './submission.repository';
import { SubmissionViews } from './submission-view';

/** What happened to every submission, who decided, provable and forgettable. */
@Global()
@Module({
  providers: [Ledger, PersonVault, SubmissionRepository, SubmissionAccessGuard, SubmissionViews],
  exports: [Ledger, PersonVault, SubmissionRepository, SubmissionAccessGuard, SubmissionViews],
})
export class KycLedgerModule {}
