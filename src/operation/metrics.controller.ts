import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Access } from '../auth';
import { AnyQuery, Refuses } from '../platform/http';
import { Metrics } from '../platform/metrics';

@ApiTags('Operation')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Access('public')
  @AnyQuery()
  @ApiOperation({ summary: 'Prometheus metrics; in production on a port of their own (`METRICS_PORT`)' })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'Prometheus text exposition format', schema: { type: 'string' } })
  @Refuses([404, 'not_found', 'metrics stand on a port of their own, or are off (`METRICS_PORT`)'])
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  getMetrics(): Promise<string> {
    return this.metrics.text();
  }
}
