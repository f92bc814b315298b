export { WriteBatcher } from './write-batcher';
export { columnOf, Database, databaseTime } from './database';
export { DatabaseModule } from './database.module';
export { Notifications } from './notifications';
export { startFailure } from './readiness';
export { DatabaseCheckup } from './database-checkup';
export { type TransactionHook, type Prepared, Transaction } from './transaction';
