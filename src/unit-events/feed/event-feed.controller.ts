import { Controller, Get, Header, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { EventFeedPage, EventFeedQuery, UnitEvent } from './event-feed.dto';
import { EventFeed } from './event-feed.service';

@ApiTags('Events')
@Controller('v1/events')
export class EventFeedController {
  constructor(private readonly feed: EventFeed) {}

  @Get()
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'What happened in the business unit, oldest first',
    description:
      'Every event of the unit once, in one order. With `wait` an empty answer is held back until there is an event: ask again with ' +
      '`nextAfter`, and nothing is missed.',
  })
  @ApiOkResponse({ type: EventFeedPage })
  async listUnitEvents(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @Query() query: EventFeedQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EventFeedPage> {
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const events = await this.feed.after(caller.businessUnit, query, left.signal);
    return { data: events.map((event) => UnitEvent.of(event)), nextAfter: events.at(-1)?.seq ?? query.after };
  }
}
