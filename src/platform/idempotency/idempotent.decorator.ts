import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Refusal } from '../http';
import { IdempotencyInterceptor } from './idempotency.interceptor';

/** What an idempotent route answers besides its own refusals: name them in the route's `@Refuses(...)`. */
export const IDEMPOTENCY_REFUSALS: readonly Refusal[] = [
  [
    409,
    'idempotency_in_progress',
    'the first request with this key still runs; retry after `Retry-After` seconds',
  ],
  [410, 'answer_erased', 'the key was used for a person who was erased since, and the answer with them'],
  [422, 'idempotency_key_reused', 'the key was used for another body'],
];

/**
 * Lets callers repeat a creating request safely with an `Idempotency-Key`. The handler takes `@CurrentAttempt()` and keeps its
 * answer in the transaction that does the work.
 */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      schema: { type: 'string', maxLength: 255 },
      description:
        'Best a random UUID. The same key and body give the first answer again, with `Idempotency-Hit: true`, for 24 hours.',
    }),
  );
