export { UnitEventsModule } from './unit-events.module';
export { unitEventsSettings } from './unit-events.settings';
