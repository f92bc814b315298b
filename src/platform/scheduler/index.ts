export { Scheduler } from './scheduler';
export { SchedulerModule } from './scheduler.module';
