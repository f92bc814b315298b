import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Scheduler } from '../../platform/scheduler';
import { OtpJournal } from '../otp-journal';
import { DeliveryRepository } from './delivery.repository';
import { DeliveryWorker } from './delivery-worker.service';
import { keyOf } from './due-notifier';
import { ResultRecorder } from './result-recorder.service';

/**
 * Looks after all deliveries once a second: ends what is too late, erases codes that are not needed any more, takes over from dead
 * workers, and finds what is due though no notification came. Every working process does this; row locks give each row to one of them.
 */
@Injectable()
export class DeliverySweep implements OnModuleInit {
  constructor(
    private readonly scheduler: Scheduler,
    private readonly deliveries: DeliveryRepository,
    private readonly results: ResultRecorder,
    private readonly worker: DeliveryWorker,
    private readonly journal: OtpJournal,
  ) {}

  onModuleInit(): void {
    this.scheduler.add({ name: 'one-time codes', everyMs: 1_000, run: () => this.run() });
  }

  async run(): Promise<void> {
    for (const channel of await this.deliveries.endExpired()) this.journal.ended(channel, 'expired');
    const backlog = await this.deliveries.backlog();
    for (const account of backlog) if (account.age >= 0) this.worker.wake(keyOf(account));
    this.journal.backlog(backlog);
    // Last: an attempt that cannot be recorded keeps nothing else from being looked after.
    const abandoned = await this.deliveries.abandoned();
    await Promise.all(abandoned.map((attempt) => this.results.abandoned(attempt)));
  }
}
