import { type DynamicModule, Module } from '@nestjs/common';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { ProcessMetrics } from './process-metrics';
import { MetricsServer } from './metrics-server';

/** Health and metrics. */
@Module({})
export class OperationModule {
  static forRoot(metricsOnOwnPort: boolean): DynamicModule {
    return {
      module: OperationModule,
      controllers: metricsOnOwnPort ? [HealthController] : [HealthController, MetricsController],
      providers: [MetricsServer, ProcessMetrics],
    };
  }
}
