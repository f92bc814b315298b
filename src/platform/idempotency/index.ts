export { Attempt, CurrentAttempt } from './attempt';
export { Idempotent } from './idempotency.interceptor';
export { IdempotencyModule } from './idempotency.module';
export { IdempotencyScope, IdempotencyStore, type KeyOwner } from './idempotency-store';
export { IdempotencyKey } from './idempotency-key.entity';
