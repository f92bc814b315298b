import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Scheduler } from '../scheduler';
import { IdempotencyKey } from './idempotency-key.entity';
import { IdempotencyScope, IdempotencyStore } from './idempotency-store';
import { IdempotencyInterceptor } from './idempotency.interceptor';

const CLEAN_EVERY_MS = 60_000;

@Module({})
export class IdempotencyModule {
  constructor(answers: IdempotencyStore, scheduler: Scheduler) {
    scheduler.add({
      name: 'idempotency keys',
      everyMs: CLEAN_EVERY_MS,
      run: () => answers.forgetExpired(),
    });
  }

  static forRoot(scope: Type<IdempotencyScope>): DynamicModule {
    return {
      module: IdempotencyModule,
      global: true,
      imports: [TypeOrmModule.forFeature([IdempotencyKey])],
      providers: [IdempotencyStore, IdempotencyInterceptor, { provide: IdempotencyScope, useClass: scope }],
      exports: [IdempotencyStore, IdempotencyScope],
    };
  }
}
