export { type JobData, Jobs, JobsModule, type SendOptions } from './jobs.service';
