import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { Refuses } from '../../platform/http';
import { OtpDeliveries } from './otp-deliveries.service';
import { OtpDelivery, OtpDeliveryPage, OtpDeliveryQuery, OtpDeliverySummary } from './otp-delivery.dto';

@ApiTags('OTP')
@Controller('v1/otp-deliveries')
export class OtpDeliveriesController {
  constructor(private readonly deliveries: OtpDeliveries) {}

  @Get()
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: "List what became of the unit's one-time codes, newest first",
    description: 'Identifiers are masked, codes are never shown. Kept 30 days.',
  })
  @ApiOkResponse({ type: OtpDeliveryPage })
  listOtpDeliveries(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Query() query: OtpDeliveryQuery,
  ): Promise<OtpDeliveryPage> {
    return this.deliveries.list(caller.businessUnit, query);
  }

  @Get('summary')
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Count one-time codes by what became of them', description: 'Kept 30 days.' })
  @ApiOkResponse({ type: OtpDeliverySummary })
  getOtpDeliverySummary(@Ctx() { caller }: Context<BackOfficeCaller>): Promise<OtpDeliverySummary> {
    return this.deliveries.summary(caller.businessUnit);
  }

  @Get(':id')
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Show what became of one code, try by try' })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiOkResponse({ type: OtpDelivery })
  @Refuses([404, 'not_found', 'the unit has no such delivery'])
  getOtpDelivery(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Param('id') id: string,
  ): Promise<OtpDelivery> {
    return this.deliveries.one(caller.businessUnit, id);
  }
}
