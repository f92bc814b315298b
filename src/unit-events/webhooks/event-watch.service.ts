import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { LedgerFeed } from '../../kyc-ledger';
import { type PlatformSettings, platformSettings } from '../../platform/config';
import { isDatabaseAway } from '../../platform/errors';
import { Scheduler } from '../../platform/scheduler';
import { DeliveryJournal } from './delivery-journal';
import { EventProcessor } from './event.processor';

/** News that comes meanwhile is looked after together: jobs for events are no more than one a second and unit. */
const LOOK_AGAIN_MS = 1_000;
/** For tries whose time has come, and should a notification get lost. */
const LOOK_EVERY_MS = 2_000;

/** Sees to it that a unit that has something to be sent has a job. */
@Injectable()
export class EventWatch implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  /** Those that this process works for. */
  readonly #units: readonly string[];
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly feed: LedgerFeed,
    private readonly scheduler: Scheduler,
    private readonly processor: EventProcessor,
    private readonly journal: DeliveryJournal,
    @Inject(platformSettings.token) platform: PlatformSettings,
  ) {
    this.#units = platform.values.ROLE === 'api' ? [] : processor.units;
  }

  onModuleInit(): void {
    if (this.#units.length === 0) return;
    this.scheduler.add({ name: 'unit events', everyMs: LOOK_EVERY_MS, run: () => this.#look() });
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.#units.length > 0) this.#stopListening = await this.feed.listen((unit) => this.#news(unit));
  }

  onModuleDestroy(): void {
    this.#stopListening?.();
    clearTimeout(this.#timer);
  }

  #news(unit: string): void {
    if (unit === '' || this.#units.includes(unit)) this.#lookSoon();
  }

  #lookSoon(): void {
    const wait = Math.max(0, this.#lookedAt + LOOK_AGAIN_MS - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look().catch((error: unknown) => {
        // The next look finds the same.
        if (!isDatabaseAway(error)) this.journal.notLooked(error);
      });
    }, wait).unref();
  }

  /** What goes on here is looked at again: it may have ended just before the news. */
  async #look(): Promise<void> {
    this.#lookedAt = performance.now();
    const { isSending, stopped } = await this.processor.planBehind();
    this.journal.stopped(stopped);
    if (isSending) this.#lookSoon();
  }
}
