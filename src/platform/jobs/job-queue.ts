import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { type PlatformSettings, platformSettings } from '../config';
import { Database, Notifications, type Prepared, type Row, type Transaction } from '../database';
import { Log } from '../logging';
import { JobWorker } from './job-worker';
import { type JobData, Jobs } from './jobs.service';

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

/** A job to write. */
export interface NewJob extends EnqueueOptions {
  readonly name: string;
  readonly data: JobData;
}

const CHANNEL = 'kyc_jobs';
/** Writing jobs takes longer to plan than to run. */
const ENQUEUE: Prepared = { name: 'enqueue jobs', text: insertJobs(1) };
const NOTIFY_EVERY_MS = 20;
const STOP_WITHIN_MS = 8_000;
const DEADLOCK = '40P01';
const MAX_CREATE_TRIES = 10;

/**
 * Durable jobs (pg-boss) on the gateway's own database, written in the caller's transaction.
 * A commit wakes idle workers at once, in this process directly and in others by NOTIFY; polling is only the safety net.
 */
@Injectable()
export class JobQueue implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #definitions = new Map<string, JobDefinition>();
  readonly #handlers = new Map<string, (data: JobData) => Promise<void>>();
  readonly #workers = new Map<string, JobWorker<JobData>>();
  /** Queues of which other processes have just been told; true when there is more to tell. */
  readonly #told = new Map<string, boolean>();
  readonly #enqueueingBy = new Map<string, Prepared>();
  #started: Promise<unknown> | undefined;

  constructor(
    private readonly jobs: Jobs,
    @Inject(platformSettings.token) private readonly settings: PlatformSettings,
    private readonly database: Database,
    private readonly notifications: Notifications,
    private readonly log: Log,
  ) {}

  /** Declares a kind of job and who works it. Call in a constructor or `onModuleInit`: queues are created at start. */
  define(definition: JobDefinition, handler: (data: JobData) => Promise<void>): void {
    this.#definitions.set(definition.name, definition);
    this.#handlers.set(definition.name, handler);
  }

  /** Writes a job in the caller's transaction; workers wake after its commit. */
  async enqueue(tx: Transaction, name: string, data: JobData, options: EnqueueOptions = {}): Promise<void> {
    await this.enqueueAll(tx, [{ name, data, ...options }]);
  }

  /** Writes jobs of any kinds in one statement. */
  async enqueueAll(tx: Transaction, jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length === 0) return;
    tx.afterCommit(() => this.#wakeAll(jobs));
    await tx.query(ENQUEUE, [this.#written(jobs)]);
  }

  /**
   * Writes jobs in the same trip as the one statement that brings about what they are for, a SELECT of a function that writes:
   * both are durable, or none is. A transaction with its beginning and its end costs a short statement more than the statement itself.
   */
  async enqueueWith<R extends Row>(
    jobs: readonly NewJob[],
    statement: Prepared,
    parameters: readonly unknown[],
  ): Promise<R[]> {
    if (jobs.length === 0) return this.database.query<R>(statement, parameters);
    const both = this.#enqueueing(statement, parameters.length);
    const rows = await this.database.query<R>(both, [...parameters, this.#written(jobs)]);
    this.#wakeAll(jobs);
    return rows;
  }

  /** The statement that also writes jobs, put together once: a connection compares it with the one it has prepared. */
  #enqueueing({ name, text }: Prepared, parameters: number): Prepared {
    const known = this.#enqueueingBy.get(name);
    if (known !== undefined) return known;
    const made = {
      name: `${name}, ${ENQUEUE.name}`,
      text: `WITH enqueued AS (${insertJobs(parameters + 1)}) ${text}`,
    };
    this.#enqueueingBy.set(name, made);
    return made;
  }

  /** As {@link insertJobs} reads them. */
  #written(jobs: readonly NewJob[]): string {
    return JSON.stringify(jobs.map((job) => this.#toRow(job)));
  }

  #toRow({ name, data, startAfterSeconds = 0 }: NewJob): object {
    const definition = this.#definitions.get(name);
    if (definition === undefined) throw new Error(`no such kind of job: ${name}`);
    return {
      name,
      data,
      wait: startAfterSeconds,
      retries: definition.retryLimit,
      delay: definition.retryDelaySeconds ?? 1,
      expire: definition.expireInSeconds,
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    this.#started = this.#start();
    await this.#started;
  }

  /** The first step of a shutdown: no new jobs, while features finish what they have begun. */
  onModuleDestroy(): void {
    for (const worker of this.#workers.values()) worker.retire();
  }

  /** While the database connections are still open. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#started?.catch(() => undefined);
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop(STOP_WITHIN_MS)));
  }

  async #start(): Promise<void> {
    await this.jobs.onApplicationBootstrap();
    for (const name of this.#definitions.keys()) await this.#createQueue(name);
    if (this.settings.values.ROLE === 'api') return;
    for (const definition of this.#definitions.values()) this.#work(definition);
    await this.notifications.listen(CHANNEL, (name) => {
      if (name === '') for (const worker of this.#workers.values()) worker.wake();
      else this.#wakeHere(name);
    });
  }

  /** Processes that start together may deadlock over a queue's tables; a queue is there or not, never half. */
  async #createQueue(name: string): Promise<void> {
    for (let tries = 1; ; tries += 1)
      try {
        return await this.jobs.boss.createQueue(name);
      } catch (error) {
        if (!(error instanceof Error) || codeOf(error) !== DEADLOCK || tries === MAX_CREATE_TRIES)
          throw error;
      }
  }

  #work({ name, concurrency, expireInSeconds }: JobDefinition): void {
    const handler = this.#handlers.get(name);
    if (handler === undefined) return;
    const worker = new JobWorker<JobData>({
      concurrency,
      expireInSeconds,
      fetch: (count) => this.jobs.boss.fetch<JobData>(name, { batchSize: count }),
      handle: (data) => this.#run(name, data, handler),
      complete: async (ids) => void (await this.jobs.boss.complete(name, [...ids])),
      fail: async (id, error) => void (await this.jobs.boss.fail(name, id, { message: error.message })),
      away: (error) => this.#away(error),
    });
    this.#workers.set(name, worker);
    worker.start();
  }

  async #run(
    name: string,
    data: JobData,
    handler: (data: JobData) => Promise<void>,
  ): Promise<'done' | Error> {
    try {
      await handler(data);
      return 'done';
    } catch (error) {
      this.log.error('job failed', { job: name, ...data }, error);
      // pg-boss stores it: only the name may be kept, messages can hold partner text.
      return new Error(error instanceof Error ? error.name : 'unknown');
    }
  }

  #away(error: unknown): void {
    const fields = error instanceof Error ? { reason: error.name, code: codeOf(error) } : {};
    this.log.warn('job queue', fields);
  }

  #wakeAll(jobs: readonly NewJob[]): void {
    for (const { name, startAfterSeconds } of jobs) this.#wakeAfter(name, startAfterSeconds ?? 0);
  }

  #wakeAfter(name: string, seconds: number): void {
    if (seconds <= 0) return this.#wake(name);
    setTimeout(() => this.#wake(name), seconds * 1000 + 5).unref();
  }

  #wake(name: string): void {
    this.#wakeHere(name);
    if (this.settings.values.ROLE === 'all') return;
    if (this.#told.has(name)) this.#told.set(name, true);
    else this.#tell(name);
  }

  /** Tells other processes at once, and once more for all that was written shortly after: none of it may wait for the idle poll. */
  #tell(name: string): void {
    this.notifications.notify(CHANNEL, [name]);
    this.#told.set(name, false);
    setTimeout(() => {
      const more = this.#told.get(name) ?? false;
      this.#told.delete(name);
      if (more) this.#tell(name);
    }, NOTIFY_EVERY_MS).unref();
  }

  #wakeHere(name: string): void {
    this.#workers.get(name)?.wake();
  }
}

/**
 * pg-boss lets jobs be written to its table (its documentation, "SQL"). Its own statement looks up the queue and chooses between twenty
 * columns for each job, which costs PostgreSQL nearly twice as much as these seven; the rest have defaults.
 * @param place of the one parameter
 */
function insertJobs(place: number): string {
  return `INSERT INTO pgboss.job (name, data, start_after, retry_limit, retry_delay, retry_backoff, expire_seconds)
    SELECT name, data, now() + make_interval(secs => wait), retries, delay, true, expire
    FROM json_to_recordset($${place})
      AS job (name text, data jsonb, wait double precision, retries integer, delay integer, expire integer)`;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
