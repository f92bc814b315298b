export type { Fields } from './lines';
export { createLog, Log, NestLog } from './log';
export { LoggingModule } from './logging.module';
export { maskEmail, maskPhone } from './mask';
