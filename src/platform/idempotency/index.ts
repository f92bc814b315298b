export { type Attempt, CurrentAttempt } from './attempt';
export { IdempotencyStore } from './idempotency-store';
export { IdempotencyModule } from './idempotency.module';
export { IdempotencyScope, type KeyOwner } from './idempotency-scope';
export { Idempotent, IDEMPOTENCY_REFUSALS } from './idempotent.decorator';
