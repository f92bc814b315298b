import { Global, Module } from '@nestjs/common';
import { JobQueue } from './job-queue';
import { Jobs } from './jobs.service';

@Global()
@Module({ providers: [Jobs, JobQueue], exports: [Jobs, JobQueue] })
export class JobsModule {}
