import { Module } from '@nestjs/common';
import { CallbackInbox } from './callbacks/callback-inbox.service';
import { CallbackController } from './callbacks/callback.controller';
import { GtfCallback } from './callbacks/callback.proof';
import { CoeFlowController } from './hosted-flows/coe-flow.controller';
import { CoeFlowService } from './hosted-flows/coe-flow.service';
import { CoeSubmissionController } from './coe/coe-submission.controller';
import { CoeSubmissionService } from './coe/coe-submission.service';
import { Confirmation } from './coe/coe-confirmation.service';
import { DocumentUpload } from './documents/document-upload.service';
import { DocumentRepository } from './documents/document.repository';
import { GtfAccounts } from './gtf-accounts.service';
import { GtfRecords } from './sessions/gtf-records.service';
import { IdentityVerificationController } from './hosted-flows/identity-verification.controller';
import { IdentityVerificationService } from './hosted-flows/identity-verification.service';
import { Inquiry } from './polling/gtf-status-reader.service';
import { JourneyLimit } from './sessions/session-limit.interceptor';
import { JourneyOpening } from './sessions/session-opening.service';
import { Doorkeeper, KnockJob } from './callbacks/callback.processor';
import { LookRound } from './polling/poll-schedule.service';
import { LookJob, LookWorker } from './polling/status-poll.processor';
import { CoeClient } from './partner/coe.client';
import { CoeFlowClient } from './partner/coe-flow.client';
import { Launches } from './partner/launch';
import { LaunchedJourneys } from './hosted-flows/hosted-flow.service';
import { GtfDoors } from './partner/gtf-doors';
import { GtfTokens } from './partner/gtf-tokens';
import { SivClient } from './partner/siv.client';
import { StorageClient } from './partner/storage.client';
import { Reconciliation } from './results/reconciliation.service';
import { Refresh } from './results/refresh.service';
import { SessionRepository } from './sessions/session.repository';
import { Settlement } from './results/result-recorder.service';
import { UploadUrls } from './documents/upload-urls.service';

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
