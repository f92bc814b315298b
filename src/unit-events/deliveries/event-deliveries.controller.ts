import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { type Refusal, Refuses } from '../../platform/http';
import { EventDeliveries } from './event-deliveries.service';
import { EventDeliveryDto, EventDeliveryPage, EventDeliveryQuery, ReplayDto } from './event-delivery.dto';

const NO_ENDPOINT: Refusal = [501, 'events_not_configured', 'the business unit has no `EVENTS_URL`'];

@ApiTags('Events')
@Controller('v1/event-deliveries')
export class EventDeliveriesController {
  constructor(private readonly deliveries: EventDeliveries) {}

  @Get()
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: "List what became of events on their way to the unit's own back end, newest first",
    description: 'An event is here from when it is due. Kept 30 days after its end.',
  })
  @ApiOkResponse({ type: EventDeliveryPage })
  @Refuses([400, 'invalid_request', 'a parameter is unknown, repeated or not valid'])
  listEventDeliveries(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Query() query: EventDeliveryQuery,
  ): Promise<EventDeliveryPage> {
    return this.deliveries.list(caller.businessUnit, query);
  }

  @Post('replay')
  @HttpCode(202)
  @Access(BackOffice)
  @ApiOperation({
    summary: 'Send everything after an event again',
    description:
      'With the same `webhook-id`s, in order per submission; also what was never sent, or from before the address was set. The deliveries of ' +
      'these events begin anew, under new ids. An endpoint that was stopped by 410 goes on.',
  })
  @ApiAcceptedResponse({ type: ReplayDto })
  @Refuses([400, 'invalid_request', '`afterSeq` is no whole number'], NO_ENDPOINT)
  async replayEvents(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Body() { afterSeq }: ReplayDto,
  ): Promise<ReplayDto> {
    await this.deliveries.replay(caller.businessUnit, afterSeq);
    return { afterSeq };
  }

  @Post(':id/retry')
  @HttpCode(202)
  @Access(BackOffice)
  @ApiOperation({
    summary: 'Send an event again, now',
    description:
      'Whatever became of it, and with a new schedule. An endpoint that was stopped by 410 goes on.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiAcceptedResponse({ type: EventDeliveryDto })
  @Refuses([404, 'not_found', 'the unit has no such delivery'], NO_ENDPOINT)
  retryEventDelivery(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Param('id') id: string,
  ): Promise<EventDeliveryDto> {
    return this.deliveries.retry(caller.businessUnit, id);
  }
}
