import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CallbackInbox } from './callbacks/callback-inbox.service';
import { CallbackController } from './callbacks/callback.controller';
import { CallbackJob, CallbackProcessor } from './callbacks/callback.processor';
import { GtfCallback } from './callbacks/callback.authenticator';
import { CoeConfirmation, CoeSubmissionService } from './coe/coe-submission.service';
import { CoeSubmissionController } from './coe/coe-submission.controller';
import { DocumentUpload } from './documents/document-upload.service';
import { DocumentRepository } from './documents/document.repository';
import { StorageClient } from './documents/storage.client';
import { GtfAccounts } from './gtf-accounts.service';
import { GtfDocument, GtfForgotten, GtfSession, KeptCallback } from './gtf.entity';
import { CoeFlowController } from './hosted-flows/coe-flow.controller';
import {
  CoeFlowService,
  HostedFlowService,
  IdentityVerificationService,
} from './hosted-flows/hosted-flow.service';
import { IdentityVerificationController } from './hosted-flows/identity-verification.controller';
import { CoeClient } from './partner/coe.client';
import { GtfApiClient, GtfHttpClients } from './partner/gtf-api.client';
import { SivClient } from './partner/siv.client';
import { GtfStatusReader, Reconciliation } from './results/reconciliation.service';
import { PollSchedule } from './polling/poll-schedule.service';
import { StatusPollProcessor } from './polling/status-poll.processor';
import { ResultRecorder } from './results/result-recorder.service';
import { GtfRecords } from './sessions/gtf-records.service';
import { SessionLimit } from './sessions/session-limit.interceptor';
import { SessionOpening } from './sessions/session-opening.service';
import { SessionRepository } from './sessions/session.repository';

const PARTNER = [GtfHttpClients, GtfApiClient, CoeClient, SivClient];
const SESSIONS = [SessionRepository, SessionOpening, SessionLimit, GtfRecords];
const COE = [CoeSubmissionService, CoeConfirmation];
const HOSTED_FLOWS = [HostedFlowService, CoeFlowService, IdentityVerificationService];
const DOCUMENTS = [DocumentRepository, DocumentUpload, StorageClient];
const CALLBACKS = [CallbackInbox, GtfCallback, CallbackProcessor, CallbackJob];
const POLLING = [PollSchedule, GtfStatusReader, StatusPollProcessor];
const RESULTS = [ResultRecorder, Reconciliation];

/** GTF OneKYC: COE and SIV. Results come from GTF's answers to our own questions alone. */
@Module({
  imports: [TypeOrmModule.forFeature([GtfSession, GtfDocument, KeptCallback, GtfForgotten])],
  controllers: [
    CoeSubmissionController,
    CoeFlowController,
    IdentityVerificationController,
    CallbackController,
  ],
  providers: [
    GtfAccounts,
    ...PARTNER,
    ...SESSIONS,
    ...COE,
    ...HOSTED_FLOWS,
    ...DOCUMENTS,
    ...CALLBACKS,
    ...POLLING,
    ...RESULTS,
  ],
})
export class GtfModule {}
