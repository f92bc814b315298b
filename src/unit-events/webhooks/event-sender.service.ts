import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type LedgerEvent, LedgerFeed } from '../../kyc-ledger';
import type { EventsEndpoint } from '../unit-events.settings';
import { DeliveryRepository, type DueDelivery, type Tried } from './delivery.repository';
import { WebhookClient } from './webhook.client';

/** Tries that a unit has at once: an endpoint that hangs holds no more. */
const PLACES = 8;
/** Events that are read together, and whose tries are written down together. */
const PAGE = 50;
/** Tries that take longer are left alone: the others of their page are written down, and the next page is read. */
const PATIENCE_MS = 1_000;
/** Rest after each event sent, so that a backlog leaves the database to the ledger's own work. */
const PACE_MS = 20;

/** A delivery that is due, with its event and `performance.now()` when it was read. */
interface Due {
  readonly delivery: DueDelivery;
  readonly event: LedgerEvent;
  readonly read: number;
}

/** Sends a unit what is due. */
@Injectable()
export class EventSender {
  constructor(
    private readonly feed: LedgerFeed,
    private readonly deliveries: DeliveryRepository,
    private readonly client: WebhookClient,
  ) {}

  /**
   * Tries what is due, until nothing is or the endpoint says that it is gone. Tries that hang keep their places, and nobody waits for them.
   * @param mayGoOn no further try begins when it says no
   */
  async send(unit: string, endpoint: EventsEndpoint, mayGoOn: () => boolean): Promise<void> {
    const flying = new Map<number, Promise<void>>();
    let tried: Tried[] = [];
    let isGone = false;
    const begin = ({ delivery, event, read }: Due): void => {
      // The database's time, counted on from when the delivery was read.
      const startedAt = new Date(delivery.readAt.getTime() + performance.now() - read);
      const attempt = { startedAt, failedBefore: delivery.tries };
      const flight = this.client.send(unit, endpoint, event, attempt).then((sent) => {
        flying.delete(event.seq);
        tried.push({ ...sent, delivery });
        isGone ||= sent.status === 'stopped';
      });
      flying.set(event.seq, flight);
    };
    const record = async (): Promise<number> => {
      const page = tried;
      tried = [];
      if (page.length > 0) await this.deliveries.record(unit, endpoint.EVENTS_TYPES, page);
      return page.length;
    };
    try {
      while (!isGone && mayGoOn()) {
        // A try that ended since the last page was written down is still due in the database.
        const but = [...flying.keys(), ...tried.map(({ delivery }) => delivery.seq)];
        const due = flying.size < PLACES ? await this.#due(unit, endpoint, but, mayGoOn) : [];
        if (due.length === 0 && but.length === 0) break;
        for (const one of due) {
          if (flying.size === PLACES) await patiently(Promise.race(flying.values()));
          if (flying.size === PLACES || isGone || !mayGoOn()) break;
          begin(one);
        }
        await patiently(Promise.all(flying.values()));
        await sleep((await record()) * PACE_MS);
      }
    } finally {
      await Promise.all(flying.values());
    }
    await record();
  }

  /** Taken from the ledger first, past events that are not wanted or that follow others. @param but what is tried just now, or was and is not written down */
  async #due(
    unit: string,
    { EVENTS_TYPES: types }: EventsEndpoint,
    but: readonly number[],
    mayGoOn: () => boolean,
  ): Promise<Due[]> {
    let taken: number;
    let due: DueDelivery[];
    do {
      taken = await this.deliveries.take(unit, types, PAGE);
      due = await this.deliveries.due(unit, but, PAGE);
    } while (due.length === 0 && taken > 0 && mayGoOn());
    if (due.length === 0) return [];
    const places = due.map(({ seq }) => seq);
    const read = performance.now();
    const events = new Map((await this.feed.at(unit, places)).map((event) => [event.seq, event]));
    return due.flatMap((delivery) => {
      const event = events.get(delivery.seq);
      return event === undefined ? [] : [{ delivery, event, read }];
    });
  }
}

async function patiently(work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(PATIENCE_MS, undefined, { ref: false })]);
}
