import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EventDeliveriesController } from './deliveries/event-deliveries.controller';
import { EventDeliveries } from './deliveries/event-deliveries.service';
import { EventFeedController } from './feed/event-feed.controller';
import { EventFeed } from './feed/event-feed.service';
import { EventDelivery, EventEndpoint } from './unit-events.entity';
import { DeliveryRepository } from './webhooks/delivery.repository';
import { EventEndpoints } from './webhooks/event-endpoints.service';
import { EventProcessor } from './webhooks/event.processor';
import { EventSender } from './webhooks/event-sender.service';
import { WebhookClient } from './webhooks/webhook.client';

/** How a business unit's own back end hears of what happens to its people: by a feed, and by signed webhooks. */
@Module({
  imports: [HttpModule, TypeOrmModule.forFeature([EventDelivery, EventEndpoint])],
  controllers: [EventFeedController, EventDeliveriesController],
  providers: [
    EventFeed,
    EventDeliveries,
    DeliveryRepository,
    EventEndpoints,
    EventProcessor,
    EventSender,
    WebhookClient,
  ],
})
export class UnitEventsModule {}
