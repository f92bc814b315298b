import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  Global,
  Module,
} from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../config';
import { isCancelledStatement, isDatabaseAway } from '../errors';
import { Log } from '../logging';

/** What has to be done now and then. Every working process does it: it must be safe to run anywhere at once. */
export interface ScheduledTask {
  /** As the log calls it. */
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

/** Does the modules' scheduled tasks in every process that works, each at most once at a time. */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #tasks: ScheduledTask[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #running = new Map<ScheduledTask, Promise<void>>();

  constructor(
    private readonly log: Log,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
  ) {}

  /** Before the program starts: in a constructor or `onModuleInit`. */
  add(task: ScheduledTask): void {
    this.#tasks.push(task);
  }

  onApplicationBootstrap(): void {
    if (this.settings.values.ROLE === 'api') return;
    for (const task of this.#tasks)
      this.#timers.push(setInterval(() => this.#do(task), task.everyMs).unref());
  }

  /** Before the database's connections end. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running.values());
  }

  #do(task: ScheduledTask): void {
    if (this.#running.has(task)) return;
    const done = task
      .run()
      .then(() => undefined)
      .catch((error: unknown) => {
        // A database that is away says so elsewhere; what was not done comes with the next round. A task that takes too long would
        // be cut off in every round.
        if (!isDatabaseAway(error) || isCancelledStatement(error))
          this.log.error('scheduled task failed', { task: task.name }, error);
      })
      .finally(() => this.#running.delete(task));
    this.#running.set(task, done);
  }
}

@Global()
@Module({ providers: [Scheduler], exports: [Scheduler] })
export class SchedulerModule {}
