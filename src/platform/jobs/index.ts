export { type EnqueueOptions, type JobData, type JobDefinition, JobQueue } from './job-queue';
export { JobsModule } from './jobs.module';
