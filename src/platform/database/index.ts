export { Batches } from './batches';
export { type Alongside, Database, Transaction } from './database';
export { DatabaseModule } from './database.module';
export { Notifications } from './notifications';
export { DatabaseCheckup } from './database-checkup';
