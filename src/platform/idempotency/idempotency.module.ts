import { type DynamicModule, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Scheduler } from '../scheduler';
import { IdempotencyKey } from './idempotency-key.entity';
import { IdempotencyScope, IdempotencyStore } from './idempotency-store';
import { IdempotencyInterceptor } from './idempotency.interceptor';

const CLEAN_EVERY_MS = 60_000;

@Module({})
export class IdempotencyModule implements OnModuleInit {
  constructor(
    private readonly answers: IdempotencyStore,
    private readonly scheduler: Scheduler,
  ) {}

  static forRoot(scope: Type<IdempotencyScope>): DynamicModule {
    const providers = [
      IdempotencyStore,
      IdempotencyInterceptor,
      { provide: IdempotencyScope, useClass: scope },
    ];
    return {
      module: IdempotencyModule,
      imports: [TypeOrmModule.forFeature([IdempotencyKey])],
      global: true,
      providers,
      exports: [IdempotencyStore, IdempotencyScope],
    };
  }

  onModuleInit(): void {
    this.scheduler.add({
      name: 'idempotency keys',
      everyMs: CLEAN_EVERY_MS,
      run: () => this.answers.forgetExpired(),
    });
  }
}
