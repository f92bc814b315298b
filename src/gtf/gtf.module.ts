import { Module } from '@nestjs/common';
import { CallbackInbox } from './callback-inbox';
import { CallbackController } from './callback.controller';
import { GtfCallback } from './callback.proof';
import { CoeFlowController } from './coe-flow.controller';
import { CoeFlowService } from './coe-flow.service';
import { CoeSubmissionController } from './coe-submission.controller';
import { CoeSubmissionService } from './coe-submission.service';
import { Confirmation } from './confirmation';
import { DocumentUpload } from './document-upload';
import { DocumentRepository } from './document.repository';
import { GtfAccounts } from './gtf-accounts';
import { GtfRecords } from './gtf-records';
import { IdentityVerificationController } from './identity-verification.controller';
import { IdentityVerificationService } from './identity-verification.service';
import { Inquiry } from './inquiry';
import { JourneyLimit } from './journey-limit';
import { JourneyOpening } from './journey-opening';
import { Doorkeeper, KnockJob } from './knock.job';
import { LookRound } from './look-round';
import { LookJob, LookWorker } from './look.job';
import { CoeClient } from './partner/coe.client';
import { CoeFlowClient } from './partner/coe-flow.client';
import { Launches } from './partner/launch';
import { LaunchedJourneys } from './launched-journeys';
import { GtfDoors } from './partner/gtf-doors';
import { GtfTokens } from './partner/gtf-tokens';
import { SivClient } from './partner/siv.client';
import { StorageClient } from './partner/storage.client';
import { Reconciliation } from './reconciliation';
import { Refresh } from './refresh';
import { SessionRepository } from './session.repository';
import { Settlement } from './settlement';
import { UploadUrls } from './upload-urls';

/** GTF OneKYC: COE and SIV. Results are only ever what GTF answers when it is asked. */
@Module({
  controllers: [
    CoeSubmissionController,
    CoeFlowController,
    IdentityVerificationController,
    CallbackController,
  ],
  providers: [
    GtfAccounts,
    GtfRecords,
    GtfDoors,
    GtfTokens,
    CoeClient,
    CoeFlowClient,
    Launches,
    SivClient,
    StorageClient,
    SessionRepository,
    DocumentRepository,
    UploadUrls,
    JourneyOpening,
    JourneyLimit,
    CoeSubmissionService,
    LaunchedJourneys,
    CoeFlowService,
    IdentityVerificationService,
    DocumentUpload,
    Confirmation,
    Refresh,
    Inquiry,
    Settlement,
    LookRound,
    LookWorker,
    LookJob,
    Reconciliation,
    CallbackInbox,
    GtfCallback,
    Doorkeeper,
    KnockJob,
  ],
})
export class GtfModule {}
