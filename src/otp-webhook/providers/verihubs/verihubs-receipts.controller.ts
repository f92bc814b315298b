import { applyDecorators, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Access, type Context, Ctx, type PartnerCaller } from '../../../auth';
import { Accepts, Refuses } from '../../../platform/http';
import { Receipts } from '../receipt';
import { VerihubsCallback } from './verihubs-callback.authenticator';
import { readReceipts } from './verihubs.wire';

const MAX_BODY_BYTES = 16_384;

/** Verihubs documents the callback's query but not its method: both are served alike. */
@ApiTags('OTP')
@ApiParam({ name: 'businessUnit', example: 'nanovest' })
@ApiParam({ name: 'deliveryId', format: 'uuid' })
@ApiParam({ name: 'token', description: 'Proves that the gateway made this address for this delivery' })
@Controller('v1/webhooks/verihubs/:businessUnit/:deliveryId/:token')
export class VerihubsReceiptsController {
  constructor(private readonly receipts: Receipts) {}

  @Get()
  @Accepts({ kind: 'json', limitBytes: 0, ignoreUnknown: true })
  @IsVerihubsCallback()
  async receive(
    @Ctx() { caller }: Context<PartnerCaller>,
    @Param('deliveryId') deliveryId: string,
    @Query() query: unknown,
  ): Promise<void> {
    await this.receipts.apply(caller.businessUnit, readReceipts(query, deliveryId));
  }

  @Post()
  @HttpCode(200)
  @Accepts({ kind: 'raw', limitBytes: MAX_BODY_BYTES, ignoreUnknown: true })
  @Refuses([413, 'payload_too_large', 'more than 16 KiB'])
  @IsVerihubsCallback()
  receivePosted(
    @Ctx() context: Context<PartnerCaller>,
    @Param('deliveryId') deliveryId: string,
    @Query() query: unknown,
  ): Promise<void> {
    return this.receive(context, deliveryId, query);
  }
}

function IsVerihubsCallback(): MethodDecorator {
  return applyDecorators(
    Access(VerihubsCallback),
    Header('cache-control', 'no-store'),
    ApiOperation({
      summary: 'Verihubs reports what became of an SMS',
      description:
        'Receipts of unknown messages, repeats and late ones are answered alike and change nothing.',
    }),
    ApiQuery({ name: 'session_id', description: "Verihubs' id of the message" }),
    ApiQuery({ name: 'status', description: 'Its latest status, a number', example: '1' }),
    ApiOkResponse({ description: 'Taken' }),
    Refuses(
      [400, 'invalid_request', 'the query is no delivery report'],
      [503, 'temporarily_unavailable', 'the database is away'],
    ),
  );
}
