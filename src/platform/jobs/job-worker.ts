/** A job as it was fetched. */
export interface FetchedJob<Data> {
  readonly id: string;
  readonly data: Data;
}

/** One kind of job, as a worker sees it. */
export interface JobSource<Data> {
  /** Jobs worked on at once. */
  readonly concurrency: number;
  /** How long a handler may take. */
  readonly expireInSeconds: number;
  /** Takes at most `count` due jobs. */
  fetch(count: number): Promise<readonly FetchedJob<Data>[]>;
  /** Never rejects: what is not done is to be reported by the handler. */
  handle(data: Data): Promise<'done' | Error>;
  complete(ids: readonly string[]): Promise<void>;
  fail(id: string, error: Error): Promise<void>;
  /** The queue could not be reached; it is tried again soon. */
  away(error: unknown): void;
}

const POLL_MS = 2_000;

/**
 * Works one kind of job in this process: one loop fetches as many jobs as there are free hands, so that a wake-up costs one query
 * however many hands there are. pg-boss's own workers do not wait for the database when they finish a job, which ends the process
 * when the database is away, and may start a job after they were stopped.
 */
export class JobWorker<Data> {
  readonly #running = new Set<Promise<void>>();
  #finished: string[] = [];
  #completing: Promise<void> | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #woken = false;
  #alarm: () => void = () => undefined;

  constructor(private readonly source: JobSource<Data>) {}

  start(): void {
    this.#loop ??= this.#work();
  }

  /** There may be something to do. */
  wake(): void {
    this.#woken = true;
    this.#alarm();
  }

  /** Fetches nothing any more; what runs goes on. */
  retire(): void {
    this.#stopping = true;
    this.#alarm();
  }

  /** Retires; resolves when what runs is done, or after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    this.retire();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([this.#settle(), tooLate]);
    clearTimeout(timer);
  }

  async #settle(): Promise<void> {
    await this.#loop;
    await Promise.all(this.#running);
    await this.#completing;
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      const free = this.source.concurrency - this.#running.size;
      if (free === 0) {
        await Promise.race(this.#running);
        continue;
      }
      this.#woken = false;
      const jobs = await this.#fetch(free);
      for (const job of jobs) this.#begin(job);
      if (jobs.length < free && !this.#woken && !this.#stopping) await this.#sleep();
    }
  }

  async #fetch(count: number): Promise<readonly FetchedJob<Data>[]> {
    try {
      return await this.source.fetch(count);
    } catch (error) {
      this.source.away(error);
      return [];
    }
  }

  #begin(job: FetchedJob<Data>): void {
    const running = this.#run(job).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #run({ id, data }: FetchedJob<Data>): Promise<void> {
    const result = await this.#inTime(this.source.handle(data));
    if (result === 'done') {
      this.#finished.push(id);
      this.#completing ??= this.#complete();
      return;
    }
    // Not noted as failed, it is tried again when it has expired.
    await this.source.fail(id, result).catch((error: unknown) => this.source.away(error));
  }

  /** All jobs that finish while one statement is under way share the next one. */
  async #complete(): Promise<void> {
    while (this.#finished.length > 0) {
      const ids = this.#finished;
      this.#finished = [];
      // Not noted as completed, they run once more when they have expired: handlers stand that.
      await this.source.complete(ids).catch((error: unknown) => this.source.away(error));
    }
    this.#completing = undefined;
  }

  async #inTime(handling: Promise<'done' | Error>): Promise<'done' | Error> {
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<Error>((resolve) => {
      timer = setTimeout(() => resolve(new Error('expired')), this.source.expireInSeconds * 1000);
    });
    const result = await Promise.race([handling, expired]);
    clearTimeout(timer);
    return result;
  }

  async #sleep(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#alarm = resolve;
      timer = setTimeout(resolve, POLL_MS);
    });
    clearTimeout(timer);
  }
}
