import {
  type DynamicModule,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { Log } from '../logging';
import { FirstAnswers } from './first-answers';
import { IdempotencyInterceptor } from './idempotency.interceptor';
import { IdempotencyScope } from './idempotency-scope';

const CLEAN_EVERY_MS = 600_000;

@Module({})
export class IdempotencyModule implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly answers: FirstAnswers,
    private readonly log: Log,
  ) {}

  static forRoot(scope: Type<IdempotencyScope>): DynamicModule {
    const providers = [FirstAnswers, IdempotencyInterceptor, { provide: IdempotencyScope, useClass: scope }];
    return { module: IdempotencyModule, global: true, providers, exports: [FirstAnswers, IdempotencyScope] };
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#clean(), CLEAN_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #clean(): void {
    this.answers
      .forgetExpired()
      .catch((error: unknown) => this.log.error('expired idempotency keys stay for now', {}, error));
  }
}
