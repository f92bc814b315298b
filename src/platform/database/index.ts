export { WriteBatcher } from './write-batcher';
export { columnOf, Database, databaseTime } from './database';
export { DatabaseModule } from './database.module';
export { databaseSettings } from './database.settings';
export { Notifications } from './notifications';
export { startFailure } from './readiness';
export { isNewerThanOurs, migrateByHand } from './schema';
export { DatabaseCheckup } from './database-checkup';
export { type TransactionHook, type Prepared, Transaction } from './transaction';
