export { Clock, TimeModule } from './clock';
export { Deadline } from './deadline';
