export { type EnqueueOptions, type JobData, JobQueue } from './job-queue';
export { JobsModule } from './jobs.module';
