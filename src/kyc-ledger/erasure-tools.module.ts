import { Global, Module } from '@nestjs/common';
import { FirstAnswers } from '../platform/idempotency';
import { Drafts } from './drafts';
import { ErasureNotes } from './erasure-notes';
import { FollowUps } from './follow-ups';
import { Forgetting } from './forgetting';
import { Ledger } from './ledger';
import { LedgerNews } from './ledger-news';
import { LedgerRecords } from './ledger-records';
import { People } from './people';
import { PersonErasure } from './person-erasure';
import { PersonVault } from './person-vault';
import { AllPersonalRecords } from './personal-records';
import { SharedAppends } from './shared-appends';
import { SubmissionRepository } from './submission.repository';

/** What it takes to forget people, without the rest of the program. The features' own records are added beside it. */
@Global()
@Module({
  providers: [
    AllPersonalRecords,
    Drafts,
    ErasureNotes,
    FirstAnswers,
    FollowUps,
    Forgetting,
    Ledger,
    LedgerNews,
    LedgerRecords,
    People,
    PersonErasure,
    PersonVault,
    SharedAppends,
    SubmissionRepository,
  ],
  exports: [AllPersonalRecords],
})
export class ErasureToolsModule {}
