import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../platform/config';
import { Log } from '../platform/logging';
import { LedgerChores } from './ledger-chores';

const EVERY_MS = 5_000;

/** Does the ledger's chores now and then, in every process that works. */
@Injectable()
export class LedgerUpkeep implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #busy = false;

  constructor(
    private readonly chores: LedgerChores,
    private readonly log: Log,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.values.ROLE === 'api') return;
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  #tick(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#running = this.chores
      .run()
      .catch((error: unknown) => this.log.error('ledger upkeep failed', {}, error))
      .finally(() => (this.#busy = false));
  }
}
