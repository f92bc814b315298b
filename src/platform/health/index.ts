export { HealthChecks, type HealthReport, type HealthStatus } from './health-checks';
export { HealthModule } from './health.module';
