export { HealthChecks, HealthModule, type HealthReport, type HealthStatus } from './health-checks';
