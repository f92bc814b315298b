export { Batches } from './batches';
export { Database, Transaction } from './database';
export { DatabaseModule } from './database.module';
export { Notifications } from './notifications';
