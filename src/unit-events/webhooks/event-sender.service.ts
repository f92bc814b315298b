import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type LedgerEvent, LedgerFeed } from '../../kyc-ledger';
import { DeliveryJournal } from './delivery-journal';
import { judge } from './delivery-schedule';
import { DeliveryRepository, type DueDelivery, type Tried } from './delivery.repository';
import type { EventsEndpoint } from './event-endpoints.service';
import { WebhookClient } from './webhook.client';
import { bodyOf, signedHeaders } from './webhook-message';

/** Tries that a unit has at once: an endpoint that hangs holds no more. */
const PLACES = 8;
/** Events that are read together. */
const READ_TOGETHER = 50;
/** Tries that are written down together, and how long the last of them are gathered. */
const RECORDED_TOGETHER = 25;
const GATHER_MS = 20;
/** What an event of a backlog takes at least: the ledger's own work goes first. */
const PACE_MS = 20;
/** While tries hang, and places are left, new events are looked for. */
const LOOK_AGAIN_MS = 1_000;

/** A delivery that is due, with its event and when it was read. */
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
    private readonly journal: DeliveryJournal,
  ) {}

  /**
   * Tries what is due, until nothing is or the endpoint says that it is gone. Tries that hang keep their places, and nobody waits for them.
   * @param mayGoOn no further try begins when it says no
   * @param record writes tries down; until then none of its deliveries is tried again
   * @returns whether it was not to go on
   */
  async send(
    endpoint: EventsEndpoint,
    mayGoOn: () => boolean,
    record: (tried: readonly Tried[]) => Promise<void>,
  ): Promise<boolean> {
    const flying = new Set<Promise<void>>();
    const held = new Set<number>();
    let waiting: Due[] = [];
    let tried: Tried[] = [];
    try {
      for (let isGone = false; ;) {
        const goesOn = !isGone && mayGoOn();
        if (!goesOn) waiting = [];
        else if (waiting.length === 0 && flying.size < PLACES)
          waiting = await this.#due(endpoint, [...held], mayGoOn);
        for (const due of waiting.splice(0, PLACES - flying.size)) {
          held.add(due.event.seq);
          const flight = this.#try(endpoint, due).then((one) => {
            tried.push(one);
            flying.delete(flight);
          });
          flying.add(flight);
        }
        if (held.size === 0) return !isGone && !mayGoOn();
        if (flying.size > 0) await Promise.race([...flying, sleep(LOOK_AGAIN_MS, undefined, { ref: false })]);
        if (waiting.length > 0 && tried.length < RECORDED_TOGETHER) continue;
        await sleep(GATHER_MS);
        const batch = tried;
        tried = [];
        if (batch.length > 0) await record(batch);
        for (const { delivery, status } of batch) {
          held.delete(delivery.seq);
          isGone ||= status === 'stopped';
        }
        await sleep(batch.length * PACE_MS);
      }
    } finally {
      await Promise.all(flying);
    }
  }

  /** Taken from the ledger where too little is due, past events that are not wanted or that follow others. */
  async #due(
    { businessUnit, types }: EventsEndpoint,
    but: readonly number[],
    mayGoOn: () => boolean,
  ): Promise<Due[]> {
    const take = (): Promise<number> => this.deliveries.take(businessUnit, types, READ_TOGETHER);
    let found = await this.deliveries.due(businessUnit, but, READ_TOGETHER);
    let taken = found.length < READ_TOGETHER ? await take() : 0;
    while (taken > 0) {
      found = await this.deliveries.due(businessUnit, but, READ_TOGETHER);
      taken = found.length === 0 && mayGoOn() ? await take() : 0;
    }
    if (found.length === 0) return [];
    const places = found.map(({ seq }) => seq);
    const events = new Map((await this.feed.at(businessUnit, places)).map((event) => [event.seq, event]));
    const read = performance.now();
    return found.flatMap((delivery) => {
      const event = events.get(delivery.seq);
      return event === undefined ? [] : [{ delivery, event, read }];
    });
  }

  /** Times are the database's, counted on from when the delivery was read. */
  async #try(endpoint: EventsEndpoint, { delivery, event, read }: Due): Promise<Tried> {
    const started = performance.now();
    const startedAt = new Date(delivery.readAt.getTime() + started - read);
    const body = JSON.stringify(bodyOf(event));
    const headers = signedHeaders(event.id, startedAt, body, endpoint.secrets);
    const answered = await this.client.post(endpoint.url, body, headers);
    const durationMs = Math.round(performance.now() - started);
    const verdict = judge(answered.status, delivery.tries);
    this.journal.tried(endpoint.businessUnit, event, answered, verdict);
    const attempt = { startedAt: startedAt.toISOString(), durationMs, status: answered.status };
    return { ...verdict, delivery, attempt };
  }
}
