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
/** Events that are read, and whose tries are written down, together. */
const WAVE = 50;
/** After this a wave begins no further try. */
const BEGIN_WITHIN_MS = 5_000;

/** Sends a unit what is due, some at a time. */
@Injectable()
export class EventSender {
  constructor(
    private readonly feed: LedgerFeed,
    private readonly deliveries: DeliveryRepository,
    private readonly client: WebhookClient,
    readonly journal: DeliveryJournal,
  ) {}

  /** What is due now; taken from the ledger where too little is. */
  async due({ businessUnit, types }: EventsEndpoint): Promise<DueDelivery[]> {
    const due = await this.deliveries.due(businessUnit, WAVE);
    if (due.length === WAVE || (await this.deliveries.take(businessUnit, types, WAVE)) === 0) return due;
    return this.deliveries.due(businessUnit, WAVE);
  }

  /** Tries each of them once. What could not be begun in time, or before the endpoint said it is gone, stays due. */
  async send(endpoint: EventsEndpoint, due: readonly DueDelivery[]): Promise<Tried[]> {
    const places = due.map(({ seq }) => seq);
    const events = new Map(
      (await this.feed.at(endpoint.businessUnit, places)).map((event) => [event.seq, event]),
    );
    const begun = performance.now();
    const waiting = due.values();
    const tried: Tried[] = [];
    const place = async (): Promise<void> => {
      for (const delivery of waiting) {
        const event = events.get(delivery.seq);
        if (event !== undefined) tried.push(await this.#try(endpoint, event, delivery, begun));
        if (performance.now() - begun > BEGIN_WITHIN_MS || tried.some(({ status }) => status === 'stopped'))
          return;
      }
    };
    await Promise.all(Array.from({ length: PLACES }, place));
    return tried;
  }

  /** Times are the database's, counted on from when the delivery was read. */
  async #try(
    endpoint: EventsEndpoint,
    event: LedgerEvent,
    delivery: DueDelivery,
    begun: number,
  ): Promise<Tried> {
    const started = performance.now();
    const startedAt = new Date(delivery.readAt.getTime() + started - begun);
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
