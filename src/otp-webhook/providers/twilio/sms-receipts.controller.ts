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
import { Access, type Context, Ctx, type PartnerCaller } from '../../../auth';
import { Accepts, Refuses } from '../../../platform/http';
import { Receipts } from '../receipt';
import { MAX_SMS_RECEIPT_BYTES, TwilioSignature } from './twilio-signature.authenticator';
import { readReceipts } from './twilio.wire';

@ApiTags('OTP')
@ApiParam({ name: 'businessUnit', example: 'nanovest' })
@Controller('v1/webhooks/sms/:businessUnit')
export class SmsReceiptsController {
  constructor(private readonly receipts: Receipts) {}

  @Post()
  @HttpCode(200)
  @Access(TwilioSignature)
  @Accepts({ kind: 'raw', limitBytes: MAX_SMS_RECEIPT_BYTES, ignoreUnknown: true })
  @ApiOperation({
    summary: 'Twilio reports what became of an SMS',
    description: 'Receipts of unknown messages, repeats and late ones are answered alike and change nothing.',
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
    required: false,
    description: 'Id of the delivery, as the gateway appended it',
  })
  @ApiOkResponse({ description: 'Taken' })
  @Refuses(
    [400, 'invalid_request', 'the form is no status callback'],
    [413, 'payload_too_large', 'more than 16 KiB'],
    [503, 'temporarily_unavailable', 'the database is away'],
  )
  async receive(
    @Ctx() { caller }: Context<PartnerCaller>,
    @Body() body: Buffer,
    @Query('delivery') deliveryId: unknown,
  ): Promise<void> {
    await this.receipts.apply(caller.businessUnit, readReceipts(body, deliveryId));
  }
}
