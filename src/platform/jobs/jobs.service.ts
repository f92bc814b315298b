import {
  type BeforeApplicationShutdown,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { type Job, type JobOptions, type JobResult, PgBoss, type Queue, systemClock } from 'pg-boss';
import { type PlatformSettings, platformSettings } from '../config';
import { Database, isNewerThanOurs, Notifications, startFailure, type Transaction } from '../database';
import { Log } from '../logging';
import { Metrics } from '../metrics';
import { Trace } from '../tracing';

/** Holds ids only: jobs stay readable in the database for an hour after their end. */
export type JobData = Readonly<Record<string, string | number>>;

export type SendOptions = Pick<JobOptions, 'startAfter' | 'singletonKey'>;

/** A queue of pg-boss. Its retries are for workers and databases that fail; a planned try is a new job. */
export type QueueSettings = Pick<Queue, 'name' | 'policy' | 'notify' | 'retryLimit' | 'retryDelay'> & {
  /** Handlers are done well before: the job is then given to another worker. */
  readonly expireInSeconds: number;
  /** Jobs that one process works on at once. */
  readonly concurrency: number;
  /** Jobs that a worker fetches together; they end together. */
  readonly batchSize?: number;
};

type Handler = (data: JobData) => Promise<void>;

/** A worker that found a full batch goes on at once; one job of it waits for the other. */
const BATCH_SIZE = 2;
const POLLING_SECONDS = 2;
const QUEUE_DEFAULTS = {
  retryBackoff: true,
  retryDelayMax: 900,
  // A worker that died is noticed by its silence, before its jobs expire.
  heartbeatSeconds: 10,
  deleteAfterSeconds: 3_600,
};
interface Backlog {
  readonly name: string;
  readonly ready: number;
  readonly planned: number;
  readonly oldest: number | null;
}

const BACKLOG = `
  SELECT name, count(*) FILTER (WHERE start_after <= now())::int AS ready, count(*) FILTER (WHERE start_after > now())::int AS planned,
         extract(epoch FROM now() - min(start_after) FILTER (WHERE start_after <= now()))::float8 AS oldest
    FROM pgboss.job WHERE state < 'active' GROUP BY name`;
const SUPERVISE_SECONDS = 5;
const STOP_WITHIN_MS = 8_000;

/**
 * Durable jobs (pg-boss) on the gateway's own database and connections, sent in the caller's transaction. A job goes on with the trace
 * of what sent it.
 */
@Injectable()
export class Jobs implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  #boss: PgBoss;
  readonly #queues = new Map<string, { readonly queue: QueueSettings; readonly handler: Handler }>();
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
    private readonly database: Database,
    private readonly notifications: Notifications,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#boss = this.#create(false);
    this.#tellBacklog(metrics);
  }

  /** Call in a constructor or `onModuleInit`: workers of queues are started when the program starts. */
  work<D extends JobData>(queue: QueueSettings, handler: (data: D) => Promise<void>): void {
    this.#queues.set(queue.name, { queue, handler: handler as Handler });
  }

  /** Sends a job in the caller's transaction: without its commit there is no job. */
  async send(tx: Transaction, queue: string, data: JobData, options: SendOptions = {}): Promise<void> {
    const executeSql = async (text: string, values?: unknown[]): Promise<{ rows: object[] }> => ({
      rows: await tx.query(text, values),
    });
    const traceparent = Trace.current()?.traceparent();
    const traced = traceparent === undefined ? data : { ...data, traceparent };
    await this.#boss.send(queue, traced, { ...options, db: { executeSql } });
  }

  /** From the table, which pg-boss documents: its own count is as old as the last worker that ran. */
  #tellBacklog(metrics: Metrics): void {
    const gauge = (name: string, help: string) => metrics.gauge({ name, help, labels: ['queue'] });
    const ready = gauge('jobs_ready', 'Jobs that are due and wait for a worker');
    const planned = gauge('jobs_planned', 'Jobs that are not due yet');
    const oldest = gauge('jobs_oldest_ready_seconds', 'How long the oldest job that is due has waited');
    metrics.gather(async () => {
      const rows = await this.database.query<Backlog>(BACKLOG);
      for (const queue of this.#queues.keys()) {
        const row = rows.find(({ name }) => name === queue);
        ready.set({ queue }, row?.ready ?? 0);
        planned.set({ queue }, row?.planned ?? 0);
        oldest.set({ queue }, row?.oldest ?? 0);
      }
    });
  }

  onApplicationBootstrap(): Promise<void> {
    return (this.#started = this.#start());
  }

  /** Begins no job any more, while features finish what they have begun. */
  onModuleDestroy(): void {
    this.#stopped = this.#stop().catch((error: unknown) => this.#warn(error));
  }

  /** While the database connections are still open. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#stopped;
  }

  /** @param migrate pg-boss takes a schema newer than its own only when it may change it, and then finds nothing to do */
  #create(migrate: boolean): PgBoss {
    const worksJobs = this.settings.values.ROLE !== 'api';
    const boss = new PgBoss({
      db: {
        executeSql: async (text, values) => ({ rows: await this.database.query(text, values) }),
        listen: async (channel, woken, lost) => {
          const end = await this.notifications.listen(channel, (queue) =>
            queue === '' ? lost() : woken(queue),
          );
          return { close: () => Promise.resolve(void end()) };
        },
      },
      migrate,
      // Workers wait as long as they should, also when somebody sets the system's clock.
      clock: { ...systemClock, now: () => performance.timeOrigin + performance.now() },
      schedule: false,
      openTelemetry: { propagateContext: true }, // where it is loaded; on its own it does nothing
      supervise: worksJobs,
      useListenNotify: worksJobs,
      registerInstance: false,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      maintenanceIntervalSeconds: 600,
    });
    boss.on('error', (error) => this.#warn(error));
    boss.on('warning', ({ message }) => this.log.warn('job queue', { reason: message }));
    return boss;
  }

  async #start(): Promise<void> {
    try {
      if (isNewerThanOurs(await this.#boss.schemaVersion())) this.#boss = this.#create(true);
      await this.#boss.start();
    } catch (error) {
      throw startFailure(error);
    }
    for (const { queue, handler } of this.#queues.values()) {
      const { name, concurrency, batchSize = BATCH_SIZE, policy: _, ...own } = queue;
      // Migrations made it; how it works follows the program that starts.
      await this.#boss.updateQueue(name, { ...QUEUE_DEFAULTS, ...own });
      if (this.settings.values.ROLE !== 'api') await this.#work({ name, concurrency, batchSize }, handler);
    }
  }

  async #work(
    { name, concurrency, batchSize }: Pick<Required<QueueSettings>, 'name' | 'concurrency' | 'batchSize'>,
    handler: Handler,
  ): Promise<void> {
    await this.#boss.work<JobData>(
      name,
      {
        batchSize,
        localConcurrency: Math.ceil(concurrency / batchSize),
        burstWhenBatchFull: true,
        perJobResults: true,
        pollingIntervalSeconds: POLLING_SECONDS,
        // Planned jobs become due without a notification.
        notifyPollingIntervalSeconds: POLLING_SECONDS,
      },
      (jobs) => Promise.all(jobs.map((job) => this.#run(name, job, handler))),
    );
  }

  #run(
    queue: string,
    { id, data: { traceparent, ...data } }: Job<JobData>,
    handler: Handler,
  ): Promise<JobResult> {
    return Trace.from(traceparent, { job: queue, ...data }).run(() => this.#traced(id, data, handler));
  }

  async #traced(id: string, data: JobData, handler: Handler): Promise<JobResult> {
    const startedAt = performance.now();
    try {
      await handler(data);
      this.log.debug('job done', { ms: Math.round(performance.now() - startedAt) });
      return { id, status: 'completed' };
    } catch (error) {
      this.log.error('job failed', {}, error);
      // It is stored: a message can hold a partner's text.
      return { id, status: 'failed', output: { error: error instanceof Error ? error.name : 'unknown' } };
    }
  }

  async #stop(): Promise<void> {
    await this.#started?.catch(() => undefined);
    await this.#boss.stop({ timeout: STOP_WITHIN_MS, close: false });
  }

  #warn(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    this.log.warn('job queue', { reason: error instanceof Error ? error.name : 'unknown', code });
  }
}

@Global()
@Module({ providers: [Jobs], exports: [Jobs] })
export class JobsModule {}
