import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Scheduler } from '../scheduler';
import { Limits } from './limits.service';
import { RateLimit } from './rate-limit.entity';

const CLEAN_EVERY_MS = 600_000;

@Global()
@Module({ imports: [TypeOrmModule.forFeature([RateLimit])], providers: [Limits], exports: [Limits] })
export class LimitsModule {
  constructor(limits: Limits, scheduler: Scheduler) {
    scheduler.add({ name: 'limits', everyMs: CLEAN_EVERY_MS, run: () => limits.forgetExpired() });
  }
}
