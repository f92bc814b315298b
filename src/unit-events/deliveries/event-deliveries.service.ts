import { Injectable, type OnModuleInit } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { LedgerFeed } from '../../kyc-ledger';
import { Database } from '../../platform/database';
import { notFound } from '../../platform/errors';
import { parseSeq, seqCursor } from '../../platform/paging';
import { Scheduler } from '../../platform/scheduler';
import type { EventDelivery } from '../unit-events.entity';
import { DeliveryRepository } from '../webhooks/delivery.repository';
import { EventProcessor } from '../webhooks/event.processor';
import { EventDeliveryDto, type EventDeliveryPage, type EventDeliveryQuery } from './event-delivery.dto';

const FORGET_EVERY_MS = 3_600_000;

/** What became of a unit's events on their way, and how they are sent again. */
@Injectable()
export class EventDeliveries implements OnModuleInit {
  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly feed: LedgerFeed,
    private readonly processor: EventProcessor,
    private readonly database: Database,
    private readonly scheduler: Scheduler,
  ) {}

  onModuleInit(): void {
    const run = (): Promise<void> => this.deliveries.forgetOld();
    this.scheduler.add({ name: 'old event deliveries', everyMs: FORGET_EVERY_MS, run });
  }

  async list(unit: string, { status, cursor, limit }: EventDeliveryQuery): Promise<EventDeliveryPage> {
    const found = await this.deliveries.list(unit, status, parseSeq(cursor), limit + 1);
    const data = await this.#shown(unit, found.slice(0, limit));
    const last = data.at(-1);
    return { data, nextCursor: found.length > limit && last !== undefined ? seqCursor(last.seq) : null };
  }

  /** @throws GatewayError 404 for an unknown id, or one of another unit; 501 for a unit without an address */
  async retry(unit: string, id: string): Promise<EventDeliveryDto> {
    const retried = await this.database.transaction(async (tx) => {
      const delivery = isUUID(id) ? await this.deliveries.retry(tx, unit, id) : null;
      if (delivery === null) throw notFound();
      await this.processor.plan(tx, unit);
      return delivery;
    });
    const [shown] = await this.#shown(unit, [retried]);
    if (shown === undefined) throw notFound();
    return shown;
  }

  /** @throws GatewayError 501 for a unit without an address */
  async replay(unit: string, afterSeq: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.processor.plan(tx, unit);
      await this.deliveries.replay(tx, unit, afterSeq);
    });
  }

  async #shown(unit: string, deliveries: readonly EventDelivery[]): Promise<EventDeliveryDto[]> {
    const places = deliveries.map(({ seq }) => Number(seq));
    const events = new Map((await this.feed.at(unit, places)).map((event) => [event.seq, event]));
    return deliveries.flatMap((delivery) => {
      const event = events.get(Number(delivery.seq));
      return event === undefined ? [] : [EventDeliveryDto.of(delivery, event)];
    });
  }
}
