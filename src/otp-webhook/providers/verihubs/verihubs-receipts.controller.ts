import { applyDecorators, Controller, Get, Header, Param, Post, Query } from '@nestjs/common';
import { ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Access, type Context, Ctx, type PartnerCaller } from '../../../auth';
import { MESSAGE_ID } from '../otp-provider';
import { Receipts } from '../receipt';
import { ReceiptsRoute } from '../signed-receipts';
import { VerihubsCallback } from './verihubs-callback.authenticator';
import { readReceipts } from './verihubs.wire';

/** Verihubs documents the callback's query but not its method: both are served alike. */
@ApiTags('OTP')
@ApiParam({ name: 'businessUnit', type: String, example: 'nanovest' })
@ApiParam({ name: 'deliveryId', schema: { type: 'string', format: 'uuid' } })
@ApiParam({
  name: 'token',
  type: String,
  description: 'Proves that the gateway made this address for this delivery',
})
@Controller('v1/webhooks/verihubs/:businessUnit/:deliveryId/:token')
export class VerihubsReceiptsController {
  constructor(private readonly receipts: Receipts) {}

  @Get()
  @IsVerihubsCallback()
  async receiveVerihubsReceipt(
    @Ctx() { caller }: Context<PartnerCaller>,
    @Param('deliveryId') deliveryId: string,
    @Query() query: unknown,
  ): Promise<void> {
    await this.receipts.apply(caller.businessUnit, readReceipts(query, deliveryId));
  }

  /** Its body is not read. */
  @Post()
  @IsVerihubsCallback()
  receivePostedVerihubsReceipt(
    @Ctx() context: Context<PartnerCaller>,
    @Param('deliveryId') deliveryId: string,
    @Query() query: unknown,
  ): Promise<void> {
    return this.receiveVerihubsReceipt(context, deliveryId, query);
  }
}

function IsVerihubsCallback(): MethodDecorator {
  return applyDecorators(
    Access(VerihubsCallback),
    Header('cache-control', 'no-store'),
    ReceiptsRoute({
      summary: 'Verihubs reports what became of an SMS',
      unreadable: 'the query is no delivery report',
    }),
    ApiQuery({
      name: 'session_id',
      description: "Verihubs' id of the message",
      schema: { type: 'string', pattern: MESSAGE_ID.source },
    }),
    ApiQuery({
      name: 'status',
      description: 'Its latest status, a number',
      schema: { type: 'string', pattern: '^[0-9]{1,3}$', example: '1' },
    }),
  );
}
