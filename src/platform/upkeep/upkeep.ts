import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../config';
import { isDatabaseAway } from '../errors';
import { Log } from '../logging';

/** What has to be done now and then. Every working process does it: it must be safe to run anywhere at once. */
export interface Chore {
  /** As the log calls it. */
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

/** Does the modules' chores in every process that works, each at most once at a time. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #chores: Chore[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Map<Chore, Promise<void>>();

  constructor(
    private readonly log: Log,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {}

  /** For a module's `onModuleInit`. */
  add(chore: Chore): void {
    this.#chores.push(chore);
  }

  onApplicationBootstrap(): void {
    if (this.settings.values.ROLE === 'api') return;
    for (const chore of this.#chores)
      this.#timers.push(setInterval(() => this.#do(chore), chore.everyMs).unref());
  }

  /** Before the database's connections end. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running.values());
  }

  #do(chore: Chore): void {
    if (this.#running.has(chore)) return;
    const done = chore
      .run()
      .then(() => undefined)
      .catch((error: unknown) => {
        // A database that is away says so elsewhere; what was not done comes with the next round.
        if (!isDatabaseAway(error)) this.log.error('upkeep failed', { chore: chore.name }, error);
      })
      .finally(() => this.#running.delete(chore));
    this.#running.set(chore, done);
  }
}
