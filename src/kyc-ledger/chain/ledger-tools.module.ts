import { Module } from '@nestjs/common';
import { AffectedPeople } from '../people/affected-people';
import { People } from '../people/people';
import { PersonVault } from '../people/person-vault';
import { SubmissionRepository } from '../submissions/submission.repository';
import { ChainEvents } from './chain-events';
import { LedgerSigner } from './checkpoint';
import { CheckpointMemory } from './checkpoint-memory';
import { CheckpointPublisher } from './checkpoint-publisher';
import { Checkpoints } from './checkpoints';
import { ExportScopes } from './export-scope';
import { LedgerExport } from './ledger-export';
import { LedgerVerification } from './ledger-verification';
import { ProjectionRebuild } from './projection-rebuild';
import { RestoreAcceptance } from './restore-acceptance';

/** What `npm run ledger` works with, without the rest of the program. */
@Module({
  providers: [
    AffectedPeople,
    ChainEvents,
    CheckpointMemory,
    CheckpointPublisher,
    Checkpoints,
    ExportScopes,
    LedgerExport,
    LedgerSigner,
    LedgerVerification,
    People,
    PersonVault,
    ProjectionRebuild,
    RestoreAcceptance,
    SubmissionRepository,
  ],
})
export class LedgerToolsModule {}
