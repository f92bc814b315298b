export { Scheduler, SchedulerModule } from './scheduler';
