import { Body, Controller, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Access, type Context, Ctx, type PartnerCaller } from '../../../auth';
import { Receipts } from '../receipt';
import { ReceiptsRoute } from '../signed-receipts';
import { MAX_SMS_RECEIPT_BYTES, TwilioSignature } from './twilio-signature.authenticator';
import { readReceipts } from './twilio.wire';

@ApiTags('OTP')
@ApiParam({ name: 'businessUnit', type: String, example: 'nanovest' })
@Controller('v1/webhooks/sms/:businessUnit')
export class SmsReceiptsController {
  constructor(private readonly receipts: Receipts) {}

  @Post()
  @Access(TwilioSignature)
  @ReceiptsRoute({
    summary: 'Twilio reports what became of an SMS',
    unreadable: 'the form is no status callback',
    maxBytes: MAX_SMS_RECEIPT_BYTES,
  })
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['MessageSid', 'MessageStatus'],
      properties: {
        MessageSid: { type: 'string', pattern: '^[!-~]{1,256}$' },
        MessageStatus: { type: 'string' },
        ErrorCode: { type: 'string', description: "Twilio's code of a failure" },
      },
      additionalProperties: { type: 'string' },
      example: {
        AccountSid: 'AC0123456789abcdef0123456789abcdef',
        MessageSid: 'SM0123456789abcdef0123456789abcdef',
        MessageStatus: 'undelivered',
        ErrorCode: '30003',
        To: '+6284512340987',
      },
    },
  })
  @ApiQuery({
    name: 'delivery',
    type: String,
    required: false,
    description: 'Id of the delivery, as the gateway appended it',
  })
  async receiveTwilioReceipt(
    @Ctx() { caller }: Context<PartnerCaller>,
    @Body() body: Buffer,
    @Query('delivery') deliveryId: unknown,
  ): Promise<void> {
    await this.receipts.apply(caller.businessUnit, readReceipts(body, deliveryId));
  }
}
