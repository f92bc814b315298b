import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Scheduler } from '../../platform/scheduler';
import { DeliveryRepository } from './delivery.repository';

const KEEP_DAYS = 30;
/** Rows that one statement deletes. */
const AT_ONCE = 20_000;

/** Deletes what ended long ago; the events themselves stay in the ledger. */
@Injectable()
export class DeliveryRetention implements OnModuleInit {
  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly scheduler: Scheduler,
  ) {}

  onModuleInit(): void {
    this.scheduler.add({ name: 'old event deliveries', everyMs: 3_600_000, run: () => this.run() });
  }

  async run(): Promise<void> {
    while ((await this.deliveries.forget(KEEP_DAYS, AT_ONCE)) === AT_ONCE);
  }
}
