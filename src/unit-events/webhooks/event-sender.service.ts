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
/** What an event of a backlog takes at least: the ledger's own work goes first. */
const PACE_MS = 20;

/** A delivery that is due, with its event. */
interface Due {
  readonly delivery: DueDelivery;
  readonly event: LedgerEvent;
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
    const begin = ({ delivery, event }: Due): void => {
      const flight = this.client.tell(unit, endpoint, event, delivery.tries).then((told) => {
        flying.delete(event.seq);
        tried.push({ ...told, delivery });
        isGone ||= told.status === 'stopped';
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
        const due = flying.size < PLACES ? await this.#due(unit, endpoint, [...flying.keys()], mayGoOn) : [];
        if (due.length === 0 && flying.size === 0) return;
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

  /** Taken from the ledger first, past events that are not wanted or that follow others. @param but what is tried just now */
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
    const events = new Map((await this.feed.at(unit, places)).map((event) => [event.seq, event]));
    return due.flatMap((delivery) => {
      const event = events.get(delivery.seq);
      return event === undefined ? [] : [{ delivery, event }];
    });
  }
}

async function patiently(work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(PATIENCE_MS, undefined, { ref: false })]);
}
