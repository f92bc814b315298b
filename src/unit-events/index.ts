export { UnitEventsModule } from './unit-events.module';
