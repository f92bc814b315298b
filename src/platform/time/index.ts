export { Clock } from './clock';
export { Deadline } from './deadline';
export { TimeModule } from './time.module';
