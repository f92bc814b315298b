import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Transaction } from '../../platform/database';
import { type JobData, JobQueue } from '../../platform/jobs';
import { Clock } from '../../platform/time';
import { DocumentRepository } from './document.repository';

/** A document to upload and where it goes. */
export interface UploadUrl {
  readonly type: string;
  readonly uploadUrl: string;
  readonly expiresAt: Date;
}

const DROP_JOB = 'gtf-drop-upload-urls';
const DEFINITION = {
  name: DROP_JOB,
  concurrency: 1,
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelaySeconds: 30,
};

/** Keeps signed URLs for as long as they are worth something. */
@Injectable()
export class UploadUrls implements OnModuleInit {
  constructor(
    private readonly documents: DocumentRepository,
    private readonly jobs: JobQueue,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.jobs.define(DEFINITION, ({ businessUnit, submissionId }: JobData) =>
      this.documents.dropUrls(String(businessUnit), String(submissionId)),
    );
  }

  async keep(
    tx: Transaction,
    businessUnit: string,
    submissionId: string,
    urls: readonly UploadUrl[],
  ): Promise<void> {
    for (const url of urls) await this.documents.add(tx, businessUnit, submissionId, url);
    const last = Math.max(...urls.map(({ expiresAt }) => expiresAt.getTime()));
    const startAfterSeconds = Math.max(0, (last - this.clock.now()) / 1000);
    await this.jobs.enqueue(tx, DROP_JOB, { businessUnit, submissionId }, { startAfterSeconds });
  }
}
