export { Clock } from './clock';
export { Deadline } from './deadline';
