export type { Fields } from '../tracing';
export { createLog, Log, LoggingModule, NestLog } from './log';
export { maskEmail, maskPhone } from './scrub';
