export { createLog, type Fields, Log, NestLog } from './log';
export { LoggingModule } from './logging.module';
export { maskEmail, maskPhone } from './mask';
