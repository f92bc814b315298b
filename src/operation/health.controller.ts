import { Controller, Get, Header, HttpCode, HttpStatus, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access } from '../auth';
import { HealthChecks, type HealthReport, type HealthStatus } from '../platform/health';
import { AnyQuery } from '../platform/http';

const STATUSES = ['ok', 'degraded', 'down'];

class LiveDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status!: 'ok';
}

class ReadyDto {
  @ApiProperty({
    enum: [...STATUSES, 'stopping'],
    example: 'ok',
    description:
      '`degraded`: most things work; `down`: send no traffic; `stopping`: the process is about to end',
  })
  status!: HealthReport['status'];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', enum: STATUSES },
    example: { database: 'ok', 'simas-id': 'ok' },
  })
  checks!: Record<string, HealthStatus>;
}

@ApiTags('Operation')
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  @Get('live')
  @Access('public')
  @AnyQuery()
  @RouteConfig({ probe: true })
  @ApiOperation({ summary: 'Is the process alive?' })
  @ApiResponse({ status: 200, type: LiveDto })
  @Header('cache-control', 'no-store')
  getLiveness(): LiveDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @Access('public')
  @AnyQuery()
  @RouteConfig({ probe: true })
  @ApiOperation({ summary: 'Can the process serve? A partner that is away makes it `degraded`, not `down`' })
  @ApiResponse({ status: 200, type: ReadyDto, description: '`ok` or `degraded`' })
  @ApiResponse({ status: 503, type: ReadyDto, description: '`down` or `stopping`' })
  @HttpCode(HttpStatus.OK)
  @Header('cache-control', 'no-store')
  async getReadiness(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.checks.recent();
    if (report.status === 'down' || report.status === 'stopping')
      void reply.code(HttpStatus.SERVICE_UNAVAILABLE);
    return report;
  }
}
