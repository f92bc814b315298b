import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown, Inject } from '@nestjs/common';
import PgBoss from 'pg-boss';
import type { Pool } from 'pg';
import { type PlatformSettings, platformSettings } from '../config';
import { Database, Notifications, type Transaction } from '../database';
import { Log } from '../logging';

/** Payloads hold ids only: finished and failed jobs stay readable in the database for days. */
export type JobData = Readonly<Record<string, string | number>>;

/** One kind of job. */
export interface JobDefinition {
  readonly name: string;
  /** Jobs of this kind that one process works on at once. */
  readonly concurrency: number;
  /** A job whose worker died is given to another after this many seconds; handlers must be done well before. */
  readonly expireInSeconds: number;
  /** Tries after the first one, for handlers that throw; 0 when the handler decides about retries itself. */
  readonly retryLimit: number;
  /** Seconds before the first retry, doubling with jitter. */
  readonly retryDelaySeconds?: number;
}

export interface EnqueueOptions {
  /** Not before this many seconds from now. */
  readonly startAfterSeconds?: number;
}

const CHANNEL = 'kyc_jobs';
const IDLE_POLL_SECONDS = 2;
const MAINTENANCE_SECONDS = 3;
const NOTIFY_EVERY_MS = 20;
const KEEP_FINISHED_SECONDS = 3_600;
const STOP_WITHIN_MS = 8_000;

/**
 * Durable jobs (pg-boss) on the gateway's own database, written in the caller's transaction.
 * A commit wakes idle workers at once, in this process directly and in others by NOTIFY; polling is only the safety net.
 */
@Injectable()
export class JobQueue implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #boss: PgBoss;
  readonly #definitions = new Map<string, JobDefinition>();
  readonly #handlers = new Map<string, (data: JobData) => Promise<void>>();
  readonly #workers = new Map<string, string[]>();
  readonly #notified = new Map<string, number>();
  #started: Promise<unknown> | undefined;

  constructor(
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
    private readonly database: Database,
    private readonly notifications: Notifications,
    private readonly log: Log,
  ) {
    const pool = poolOf(database);
    this.#boss = new PgBoss({
      db: { executeSql: (text, values) => pool.query(text, values) },
      maintenanceIntervalSeconds: MAINTENANCE_SECONDS,
      archiveCompletedAfterSeconds: KEEP_FINISHED_SECONDS,
      deleteAfterDays: 7,
      schedule: false,
      supervise: settings.values.ROLE !== 'api',
    });
    this.#boss.on('error', (error) => log.warn('job queue', { reason: error.name, code: codeOf(error) }));
  }

  /** Declares a kind of job and who works it. Call in a constructor or `onModuleInit`: queues are created at start. */
  define(definition: JobDefinition, handler: (data: JobData) => Promise<void>): void {
    this.#definitions.set(definition.name, definition);
    this.#handlers.set(definition.name, handler);
  }

  /** Writes a job in the caller's transaction; workers wake after its commit. */
  async enqueue(tx: Transaction, name: string, data: JobData, options: EnqueueOptions = {}): Promise<void> {
    const definition = this.#definitions.get(name);
    if (definition === undefined) throw new Error(`no such kind of job: ${name}`);
    const delay = options.startAfterSeconds ?? 0;
    await this.#boss.send(name, data, {
      db: { executeSql: async (text: string, values: unknown[]) => ({ rows: await tx.query(text, values) }) },
      retryLimit: definition.retryLimit,
      retryDelay: definition.retryDelaySeconds ?? 1,
      retryBackoff: true,
      expireInSeconds: definition.expireInSeconds,
      ...(delay > 0 ? { startAfter: new Date(Date.now() + delay * 1000) } : {}),
    });
    tx.afterCommit(() => this.#wakeAfter(name, delay));
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#started = this.#start();
    await this.#started;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#started?.catch(() => undefined);
    await this.#boss.stop({ graceful: true, wait: true, timeout: STOP_WITHIN_MS, close: false });
  }

  async #start(): Promise<void> {
    await this.#boss.start();
    for (const name of this.#definitions.keys()) await this.#boss.createQueue(name);
    if (this.settings.values.ROLE === 'api') return;
    for (const definition of this.#definitions.values()) await this.#work(definition);
    await this.notifications.listen(CHANNEL, (name) => {
      if (name === '') for (const known of this.#workers.keys()) this.#wakeHere(known);
      else this.#wakeHere(name);
    });
  }

  async #work(definition: JobDefinition): Promise<void> {
    const handler = this.#handlers.get(definition.name);
    if (handler === undefined) return;
    const ids: string[] = [];
    for (let worker = 0; worker < definition.concurrency; worker += 1) {
      const options = { batchSize: 1, pollingIntervalSeconds: IDLE_POLL_SECONDS };
      const id: string = await this.#boss.work<JobData>(definition.name, options, async ([job]) => {
        // Without this nudge pg-boss sleeps its polling interval after every job, however many wait.
        this.#boss.notifyWorker(id);
        if (job !== undefined) await this.#run(definition.name, job.data, handler);
      });
      ids.push(id);
    }
    this.#workers.set(definition.name, ids);
  }

  async #run(name: string, data: JobData, handler: (data: JobData) => Promise<void>): Promise<void> {
    const failure: unknown = await handler(data).then(
      () => undefined,
      (reason: unknown) => reason ?? 'unknown',
    );
    if (failure === undefined) return;
    this.log.error('job failed', { job: name, ...data }, failure);
    // pg-boss stores what is thrown: only the name may be kept, messages can hold partner text.
    throw new Error(failure instanceof Error ? failure.name : 'unknown');
  }

  #wakeAfter(name: string, seconds: number): void {
    if (seconds <= 0) return this.#wake(name);
    setTimeout(() => this.#wake(name), seconds * 1000 + 5).unref();
  }

  #wake(name: string): void {
    this.#wakeHere(name);
    const now = performance.now();
    if (
      this.settings.values.ROLE === 'all' ||
      now - (this.#notified.get(name) ?? -Infinity) < NOTIFY_EVERY_MS
    )
      return;
    this.#notified.set(name, now);
    this.notifications.notify(CHANNEL, name);
  }

  #wakeHere(name: string): void {
    for (const id of this.#workers.get(name) ?? []) this.#boss.notifyWorker(id);
  }
}

/** TypeORM keeps pg's own pool; pg-boss needs its plain `query`. */
function poolOf(database: Database): Pool {
  const driver = database.dataSource.driver as unknown as { readonly master: Pool };
  return driver.master;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
