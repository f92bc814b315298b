import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { Access, type Context, Ctx, type PartnerCaller } from '../../auth';
import { Accepts, Refuses } from '../../platform/http';
import { LARGEST_RECEIPT_BYTES } from './receipt-request';
import { SmsReceipts } from './sms-receipts.service';
import { TwilioSignature } from './twilio-signature.proof';

@ApiTags('OTP')
@ApiParam({ name: 'businessUnit', example: 'nanovest' })
@Controller('v1/webhooks/sms/:businessUnit')
export class SmsReceiptsController {
  constructor(private readonly receipts: SmsReceipts) {}

  @Post()
  @HttpCode(200)
  @Access(TwilioSignature)
  @Accepts({ kind: 'raw', limitBytes: LARGEST_RECEIPT_BYTES, ignoreUnknown: true })
  @ApiOperation({
    summary: 'Twilio reports what became of an SMS',
    description: 'Receipts of unknown messages, repeats and late ones are answered alike and change nothing.',
  })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody({
    schema: {
      type: 'object',
      properties: {
        MessageSid: { type: 'string', example: 'SM0123456789abcdef0123456789abcdef' },
        MessageStatus: { type: 'string', example: 'delivered' },
        ErrorCode: { type: 'string', example: '30003' },
      },
    },
  })
  @ApiQuery({
    name: 'delivery',
    required: false,
    description: 'Id of the delivery, as the gateway appended it',
  })
  @ApiOkResponse({ description: 'Taken' })
  @Refuses(
    [400, 'invalid_request', 'the form is no status callback'],
    [413, 'payload_too_large', 'more than 256 KiB'],
    [503, 'temporarily_unavailable', 'the database is away'],
  )
  async receive(
    @Ctx() { caller }: Context<PartnerCaller>,
    @Body() body: Buffer,
    @Query('delivery') deliveryId: unknown,
  ): Promise<void> {
    await this.receipts.receive(caller.businessUnit, body, deliveryId);
  }
}
