import { Controller, Get, Header, HttpCode, HttpStatus, Res } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access } from '../auth';
import { HealthChecks, type HealthReport, type HealthStatus } from '../platform/health';

const STATUSES = ['ok', 'degraded', 'down'];

class LiveDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status!: 'ok';
}

class ReadyDto {
  @ApiProperty({
    enum: STATUSES,
    example: 'ok',
    description: '`degraded`: most things work; `down`: send no traffic',
  })
  status!: HealthStatus;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', enum: STATUSES },
    example: { database: 'ok', keySet: 'ok' },
  })
  checks!: Record<string, HealthStatus>;
}

@ApiTags('Operation')
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  @Get('live')
  @Access('public')
  @ApiOperation({ summary: 'Is the process alive?' })
  @ApiResponse({ status: 200, type: LiveDto })
  @Header('cache-control', 'no-store')
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @Access('public')
  @ApiOperation({ summary: 'Can the process serve? A partner that is away makes it `degraded`, not `down`' })
  @ApiResponse({ status: 200, type: ReadyDto, description: '`ok` or `degraded`' })
  @ApiResponse({ status: 503, type: ReadyDto, description: '`down`' })
  @HttpCode(HttpStatus.OK)
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.checks.report();
    if (report.status === 'down') void reply.code(HttpStatus.SERVICE_UNAVAILABLE);
    return report;
  }
}
