export { LedgerExport, type ExportScope, NothingToExport } from './chain/ledger-export';
export { ErasureToolsModule } from './erasure-tools.module';
export { readErasureNotes } from './erasure-notes';
export { LedgerToolsModule } from './chain/ledger-tools.module';
export { LedgerVerification } from './chain/ledger-verification';
export { ProjectionRebuild } from './chain/projection-rebuild';
export { readCheckpoint, type SignedEnd } from './chain/checkpoint';
export { RestoreAcceptance } from './chain/restore-acceptance';
export { FollowUps } from './follow-ups';
export { reasonFor, refuseRestricted } from './reading-purpose';
export { Purpose } from './dto/purpose';
export { AlsoConsent, ConsentDto, consentTo } from './dto/consent.dto';
export { PLAIN_WORDS } from './dto/plain-words';
export { SubmissionDto } from './dto/submission.dto';
export type { Check, EventData, Verification } from './event';
export { type Identity, readIdentity, writeIdentity } from './identity';
export { KycLedgerModule } from './kyc-ledger.module';
export { locationOf } from './location';
export type { Appended, NewEvent, StandaloneEvent, PersonalData } from './new-event';
export { Ledger } from './ledger';
export { ledgerSettings } from './ledger.settings';
export { PersonErasure } from './person-erasure';
export { People } from './people';
export type { Person } from './person-key';
export { PersonVault } from './person-vault';
export { AllPersonalRecords, type PersonalRecords, type RecordedPerson } from './personal-records';
export { IDENTITY, PARTNER_SUBMISSION } from './projection';
export type { Submission } from './submission.entity';
export { SubmissionAccess } from './submission-access';
export { CurrentSubmission, SubmissionAccessGuard } from './submission-access.guard';
export { SubmissionRepository } from './submission.repository';
export {
  firstStatus,
  needsOverride,
  STATUS_EVENTS,
  SUBMISSION_STATUSES,
  type SubmissionKind,
  type SubmissionStatus,
  verdict,
} from './submission-state';
export { SubmissionViews } from './submission-view';
