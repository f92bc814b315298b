import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database';
import { GatewayError } from '../../platform/errors';
import { Jobs } from '../../platform/jobs';
import { Scheduler } from '../../platform/scheduler';
import { EventEndpoints } from './event-endpoints.service';
import { EventSender } from './event-sender.service';

const SEND_JOB = 'unit-events';
/** A job that has more to do leaves it to the next. */
const RUN_MS = 20_000;
/** How often the database is asked for new events, and for tries whose time has come. */
const POLL_MS = 1_000;
/**
 * Of one unit one job that waits, and one at a time that is worked: it begins no try after its time, and a try takes 15 s at most. What is
 * due stands in the deliveries: a job says only that the unit's are to be read.
 */
const QUEUE = {
  name: SEND_JOB,
  policy: 'stately',
  expireInSeconds: 90,
  retryLimit: 100,
  retryDelay: 2,
  notify: true,
  // Jobs of a batch end together: a unit would wait for another one's endpoint that hangs.
  batchSize: 1,
} as const;

export const unitEventsQueues = [QUEUE];

/** What the job says. */
type SendEvents = { readonly businessUnit: string };

/** Sees to it that a unit that has something to be sent has a job, and works the jobs: until nothing is due. */
@Injectable()
export class EventProcessor implements OnModuleInit, OnModuleDestroy {
  /** The latest run of each unit in this process. */
  readonly #runs = new Map<string, Promise<void>>();
  #stopping = false;

  constructor(
    private readonly jobs: Jobs,
    private readonly scheduler: Scheduler,
    private readonly database: Database,
    private readonly endpoints: EventEndpoints,
    private readonly sender: EventSender,
  ) {}

  onModuleInit(): void {
    const concurrency = this.endpoints.units.length;
    if (concurrency === 0) return;
    this.jobs.work<SendEvents>({ ...QUEUE, concurrency }, ({ businessUnit }) => this.run(businessUnit));
    this.scheduler.add({ name: 'unit events', everyMs: POLL_MS, run: () => this.planBehind() });
  }

  onModuleDestroy(): void {
    this.#stopping = true;
  }

  /** Plans a job for each unit that has something to be sent now. */
  async planBehind(): Promise<void> {
    const behind = await this.endpoints.behind();
    if (behind.length > 0)
      await this.database.transaction(async (tx) => {
        for (const unit of behind) await this.plan(tx, unit);
      });
  }

  /** A job for the unit, unless one waits already. @throws GatewayError 501 for a unit without an address for events */
  async plan(tx: Transaction, businessUnit: string): Promise<void> {
    if (this.endpoints.of(businessUnit) === null)
      throw new GatewayError(501, 'events_not_configured', 'This business unit has no address for events.');
    await this.jobs.send(tx, SEND_JOB, { businessUnit }, { singletonKey: businessUnit });
  }

  /** One after the other: a job that was given up for dead may still run in this process when the next one begins. */
  run(unit: string): Promise<void> {
    const before = this.#runs.get(unit) ?? Promise.resolve();
    const run = before.catch(() => undefined).then(() => this.#send(unit));
    this.#runs.set(unit, run);
    return run;
  }

  async #send(unit: string): Promise<void> {
    const endpoint = this.endpoints.of(unit);
    const until = performance.now() + RUN_MS;
    if (endpoint !== null)
      await this.sender.send(unit, endpoint, () => !this.#stopping && performance.now() < until);
  }
}
