export { describeWebhooks } from './event-webhooks';
export { unitEventsQueues } from './webhooks/event.processor';
export { UnitEventsModule } from './unit-events.module';
export { unitEventsSettings } from './unit-events.settings';
