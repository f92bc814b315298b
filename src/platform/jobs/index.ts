export { type JobData, Jobs, type SendOptions } from './jobs.service';
export { JobsModule } from './jobs.module';
