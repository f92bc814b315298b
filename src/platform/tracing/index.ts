export { type Fields, Trace } from './trace';
