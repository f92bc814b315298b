export { createLog, type Fields, Log, LoggingModule, NestLog } from './log';
export { maskEmail, maskPhone } from './scrub';
