export { describeWebhooks } from './event-webhooks';
export { UnitEventsModule } from './unit-events.module';
export { unitEventsSettings } from './unit-events.settings';
