export { type EnqueueOptions, type JobData, JobQueue, type NewJob } from './job-queue';
export { JobsModule } from './jobs.module';
