import { Module } from '@nestjs/common';
import { EventFeedController } from './feed/event-feed.controller';
import { EventFeed } from './feed/event-feed.service';

/** How a business unit's own back end hears of what happens to its people. */
@Module({ controllers: [EventFeedController], providers: [EventFeed] })
export class UnitEventsModule {}
