export { type Attempt, CurrentAttempt } from './attempt';
export { FirstAnswers } from './first-answers';
export { IdempotencyModule } from './idempotency.module';
export { IdempotencyScope, type KeyOwner } from './idempotency-scope';
export { Idempotent, IDEMPOTENCY_REFUSALS } from './idempotent.decorator';
