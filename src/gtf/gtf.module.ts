import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Jobs } from '../platform/jobs';
import { Scheduler } from '../platform/scheduler';
import { CALLBACK_QUEUE, type CallbackData, CallbackInbox } from './callbacks/callback-inbox.service';
import { CallbackController } from './callbacks/callback.controller';
import { CallbackProcessor } from './callbacks/callback.processor';
import { GtfCallback } from './callbacks/callback.authenticator';
import { CoeConfirmation, CoeSubmissionService } from './coe/coe-submission.service';
import { CoeSubmissionController } from './coe/coe-submission.controller';
import { DocumentUpload } from './documents/document-upload.service';
import { StorageClient } from './documents/storage.client';
import { GtfAccounts } from './gtf-accounts.service';
import { GtfDocument, GtfForgotten, GtfSession, KeptCallback } from './gtf.entity';
import { HostedFlowController } from './hosted-flows/hosted-flow.controller';
import { HostedFlowService } from './hosted-flows/hosted-flow.service';
import { CoeClient } from './partner/coe.client';
import { GtfApiClient } from './partner/gtf-api.client';
import { SivClient } from './partner/siv.client';
import { GtfStatusReader, Reconciliation } from './results/reconciliation.service';
import { PollSchedule, STATUS_POLL_QUEUE, type StatusPoll } from './polling/poll-schedule.service';
import { StatusPollProcessor } from './polling/status-poll.processor';
import { ResultRecorder } from './results/result-recorder.service';
import { GtfRecords } from './sessions/gtf-records.service';
import { GtfResume } from './sessions/resume.service';
import { SessionLimit } from './sessions/session-limit.interceptor';
import { SessionOpening } from './sessions/session-opening.service';
import { DROP_URLS_QUEUE, SessionRepository } from './sessions/session.repository';

const FORGET_PARKED_EVERY_MS = 3_600_000;

const PARTNER = [GtfAccounts, GtfApiClient, CoeClient, SivClient];
const SESSIONS = [SessionRepository, SessionOpening, SessionLimit, GtfRecords, GtfResume];
const COE = [CoeSubmissionService, CoeConfirmation, DocumentUpload, StorageClient];
const RESULTS = [PollSchedule, GtfStatusReader, Reconciliation, ResultRecorder, StatusPollProcessor];
const CALLBACKS = [CallbackInbox, GtfCallback, CallbackProcessor];

export const gtfQueues = [CALLBACK_QUEUE, STATUS_POLL_QUEUE, DROP_URLS_QUEUE];

/** GTF OneKYC: COE and SIV. Results come from GTF's answers to our own questions alone. */
@Module({
  imports: [TypeOrmModule.forFeature([GtfSession, GtfDocument, KeptCallback, GtfForgotten])],
  controllers: [CoeSubmissionController, HostedFlowController, CallbackController],
  providers: [...PARTNER, ...SESSIONS, ...COE, HostedFlowService, ...RESULTS, ...CALLBACKS],
})
export class GtfModule implements OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly scheduler: Scheduler,
    private readonly callbacks: CallbackProcessor,
    private readonly inbox: CallbackInbox,
    private readonly polls: StatusPollProcessor,
  ) {}

  onModuleInit(): void {
    this.jobs.work(CALLBACK_QUEUE, (data: CallbackData) => this.callbacks.process(data));
    this.jobs.work(STATUS_POLL_QUEUE, (poll: StatusPoll) => this.polls.process(poll));
    this.scheduler.add({
      name: 'parked GTF callbacks',
      everyMs: FORGET_PARKED_EVERY_MS,
      run: () => this.inbox.forgetParked(),
    });
  }
}
