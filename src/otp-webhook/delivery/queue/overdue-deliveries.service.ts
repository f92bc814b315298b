import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CHANNELS } from '../../providers/otp-provider';
import { type PlatformSettings, platformSettings } from '../../../platform/config';
import { isDatabaseAway } from '../../../platform/errors';
import { DeliveryJobs } from './delivery-jobs';
import { DeliveryJournal } from '../delivery-journal';
import { ResultRecorder } from '../result-recorder.service';
import { OverdueRepository } from './overdue.repository';

const CHECK_EVERY_MS = 1_000;

/**
 * Moves deliveries that stand still: takes over from dead workers, ends what is too late, erases codes that are not needed any more.
 * Every worker process does this; row locks give each row to one of them.
 */
@Injectable()
export class OverdueDeliveries implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> = Promise.resolve();

  constructor(
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
    private readonly overdue: OverdueRepository,
    private readonly results: ResultRecorder,
    private readonly jobs: DeliveryJobs,
    private readonly journal: DeliveryJournal,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.values.ROLE !== 'api') this.#checkSoon();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#checking;
  }

  #checkSoon(): void {
    this.#timer = setTimeout(() => {
      this.#checking = this.#check().finally(() => {
        if (this.#timer !== undefined) this.#checkSoon();
      });
    }, CHECK_EVERY_MS);
  }

  async #check(): Promise<void> {
    try {
      for (const channel of await this.overdue.endExpired()) this.journal.ended(channel, 'expired');
      const abandoned = await this.overdue.abandonedAttempts();
      await Promise.all(abandoned.map((attempt) => this.results.abandoned(attempt)));
      await this.overdue.renewLostJobs((tx, delivery) => this.jobs.enqueue(tx, delivery));
      await this.#measure();
    } catch (error) {
      // The next check is in a second; a database that is away says so elsewhere.
      if (!isDatabaseAway(error))
        this.journal.bug('overdue otp deliveries could not be looked after', null, error);
    }
  }

  async #measure(): Promise<void> {
    const backlog = await this.overdue.backlog();
    for (const channel of CHANNELS) {
      const found = backlog.find((one) => one.channel === channel);
      this.journal.backlog(channel, found?.waiting ?? 0, found?.age ?? 0);
    }
  }
}
