export { describeWebhooks } from './event-webhooks';
export { unitEventsQueues } from './webhooks/event.processor';
export { UnitEventsModule } from './unit-events.module';
export { UNIT_EVENTS_CHECKUP } from './unit-events-checkup';
export { unitEventsSettings } from './unit-events.settings';
