export type { ChainFault } from './chain/chain-events';
export { ExportScopes, LedgerExport, NothingToExport } from './chain/ledger-export';
export { readErasureNotes } from './erasure/erasure-notes';
export { LedgerVerification } from './chain/ledger-verification';
export { ProjectionRebuild } from './chain/projection-rebuild';
export { type OutsideEnd, readOutsideEnd, type SignedEnd } from './chain/checkpoint';
export { Checkpoints } from './chain/checkpoints';
export { FollowUps } from './events/follow-ups';
export { AffectedPeople } from './people/affected-people';
export { reasonFor, refuseRestricted } from './people/reading-purpose';
export { Purpose } from './people/dto/purpose';
export { AlsoConsent, ConsentDto, consentTo } from './decisions/consent.dto';
export { PLAIN_WORDS } from './people/dto/purpose';
export { EventDto } from './submissions/dto/event.dto';
export { type DocumentDto, SubmissionDto } from './submissions/dto/submission.dto';
export type { Check, EventData, Verification } from './events/event';
export { type Identity, readIdentity, writeIdentity } from './people/identity';
export { ErasureToolsModule, KycLedgerModule, LedgerToolsModule } from './kyc-ledger.module';
export { created } from './submissions/entity-tag';
export type { Appended, NewEvent, StandaloneEvent, PersonalData } from './events/new-event';
export { readInstant } from './submissions/dto/instant';
export { Ledger } from './events/ledger';
export { LedgerFeed, type LedgerEvent } from './feed/ledger-feed';
export { ledgerSettings } from './ledger.settings';
export { PersonErasure } from './erasure/person-erasure';
export { People } from './people/people';
export type { Person } from './people/person-key';
export { PersonVault } from './people/person-vault';
export { PersonalRecords, type RecordedPerson } from './erasure/personal-records';
export { IDENTITY, PARTNER_SUBMISSION } from './events/projection';
export type { Submission } from './submissions/submission.entity';
export { SubmissionAccess } from './submissions/submission-access.guard';
export { CurrentSubmission, OnSubmission } from './submissions/submission-access.guard';
export { SubmissionRepository } from './submissions/submission.repository';
export {
  EVENT_TYPES,
  type EventType,
  firstStatus,
  needsOverride,
  STATUS_EVENTS,
  statusAfter,
  SUBMISSION_STATUSES,
  type SubmissionKind,
  type SubmissionStatus,
  verdict,
} from './submissions/submission-state';
export { type Resumable, SubmissionViews } from './submissions/submission-view';
