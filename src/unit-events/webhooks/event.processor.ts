import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database';
import { Jobs } from '../../platform/jobs';
import { DeliveryRepository } from './delivery.repository';
import { type EventsEndpoint, EventEndpoints } from './event-endpoints.service';
import { EventSender } from './event-sender.service';

const SEND_JOB = 'unit-events';
/** A job that has more to do hands over to the next. */
const RUN_MS = 20_000;
/**
 * Of one unit one job that waits, and one at a time that is worked: it begins no try after its time, and a try takes 15 s at most. What is
 * due stands in the deliveries: a job says only that somebody is to look.
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

/** Works the jobs that send a unit's events: until nothing is due. */
@Injectable()
export class EventProcessor implements OnModuleInit, OnModuleDestroy {
  readonly units: readonly string[];
  /** Units that are sent to now, by this process. */
  readonly #running = new Map<string, Promise<void>>();
  #stopping = false;

  constructor(
    private readonly jobs: Jobs,
    private readonly database: Database,
    private readonly deliveries: DeliveryRepository,
    private readonly sender: EventSender,
    private readonly endpoints: EventEndpoints,
  ) {
    this.units = endpoints.all.map(({ businessUnit }) => businessUnit);
  }

  onModuleInit(): void {
    const concurrency = this.units.length;
    if (concurrency > 0)
      this.jobs.work<SendEvents>({ ...QUEUE, concurrency }, ({ businessUnit }) => this.run(businessUnit));
  }

  onModuleDestroy(): void {
    this.#stopping = true;
  }

  /**
   * Plans a job for each unit that has something to be sent now.
   * @returns whether there is one that this very process sends to just now, and the units whose endpoint is stopped
   */
  async planBehind(): Promise<{ readonly isSending: boolean; readonly stopped: readonly string[] }> {
    const { behind, stopped } = await this.deliveries.look(this.units);
    const idle = behind.filter((unit) => !this.#running.has(unit));
    if (idle.length > 0)
      await this.database.transaction(async (tx) => {
        for (const unit of idle) await this.plan(tx, unit);
      });
    return { isSending: idle.length < behind.length, stopped };
  }

  /** A job for the unit, unless one waits already. */
  async plan(tx: Transaction, businessUnit: string): Promise<void> {
    await this.jobs.send(tx, SEND_JOB, { businessUnit }, { singletonKey: businessUnit });
  }

  /** One after the other: where a job was given up for dead and is not, the next one waits for what it still does. */
  async run(unit: string): Promise<void> {
    const endpoint = this.endpoints.of(unit);
    if (endpoint === undefined) return;
    const before = this.#running.get(unit) ?? Promise.resolve();
    const running = before.catch(() => undefined).then(() => this.#send(endpoint));
    this.#running.set(unit, running);
    try {
      await running;
    } finally {
      if (this.#running.get(unit) === running) this.#running.delete(unit);
    }
  }

  async #send(endpoint: EventsEndpoint): Promise<void> {
    const until = performance.now() + RUN_MS;
    const isInterrupted = await this.sender.send(
      endpoint,
      () => !this.#stopping && performance.now() < until,
      (tried) =>
        this.database.transaction((tx) =>
          this.deliveries.record(tx, endpoint.businessUnit, endpoint.types, tried),
        ),
    );
    if (isInterrupted) await this.database.transaction((tx) => this.plan(tx, endpoint.businessUnit));
  }
}
