import { type DynamicModule, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { Upkeep } from '../upkeep';
import { FirstAnswers } from './first-answers';
import { IdempotencyInterceptor } from './idempotency.interceptor';
import { IdempotencyScope } from './idempotency-scope';

const CLEAN_EVERY_MS = 60_000;

@Module({})
export class IdempotencyModule implements OnModuleInit {
  constructor(
    private readonly answers: FirstAnswers,
    private readonly upkeep: Upkeep,
  ) {}

  static forRoot(scope: Type<IdempotencyScope>): DynamicModule {
    const providers = [FirstAnswers, IdempotencyInterceptor, { provide: IdempotencyScope, useClass: scope }];
    return { module: IdempotencyModule, global: true, providers, exports: [FirstAnswers, IdempotencyScope] };
  }

  onModuleInit(): void {
    this.upkeep.add({
      name: 'idempotency keys',
      everyMs: CLEAN_EVERY_MS,
      run: () => this.answers.forgetExpired(),
    });
  }
}
