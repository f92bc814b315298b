import { createHmac } from 'node:crypto';
import { Body, Controller, Get, Header, Inject, Injectable, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access, type Context, Ctx, type PartnerCaller, type ProofDocumentation } from '../../../auth';
import { Accepts, parseJson, Refuses } from '../../../platform/http';
import { Receipts, ReceiptsRoute, SignedReceipts } from '../receipts';
import { answerChallenge, CHALLENGE, WhatsappVerifyToken } from './whatsapp-verify-token.authenticator';
import { type WhatsappAccount, type WhatsappSettings, whatsappSettings } from './whatsapp.settings';
import { readReceipts } from './whatsapp.wire';

/** Meta puts many receipts into one notification; as the contract caps callbacks (§6, Wire). */
const MAX_WHATSAPP_RECEIPTS_BYTES = 262_144;

/** Meta signs each receipt's raw bytes with the unit's app secret (otp-channels.md §1). */
@Injectable()
export class WhatsappSignature extends SignedReceipts<WhatsappAccount> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'whatsapp-signature',
      definition: { type: 'apiKey', in: 'header', name: 'X-Hub-Signature-256', description: 'Made by Meta' },
    },
    refusals: [[401, 'unauthorized', "the signature is missing or not made with the unit's app secret"]],
  };

  constructor(@Inject(whatsappSettings.token) settings: WhatsappSettings) {
    super(settings, {
      partner: 'whatsapp',
      header: 'x-hub-signature-256',
      shape: /^sha256=[0-9a-f]{64}$/,
      maxBytes: MAX_WHATSAPP_RECEIPTS_BYTES,
    });
  }

  protected override signatures(account: WhatsappAccount, _request: FastifyRequest, body: Buffer): string[] {
    const digest = createHmac('sha256', account.WHATSAPP_APP_SECRET.reveal()).update(body).digest('hex');
    return [`sha256=${digest}`];
  }
}

/** As Meta documents it ("Webhooks": `messages`, `statuses`). */
const NOTIFICATION = {
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '102290129340398',
      changes: [
        {
          field: 'messages',
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '62215550100', phone_number_id: '106540352242922' },
            statuses: [
              {
                id: 'wamid.HBgNNjI4NDUxMjM0MDk4NxUCABEYEjA4NTYx',
                status: 'delivered',
                timestamp: '1763800000',
                recipient_id: '6284512340987',
                biz_opaque_callback_data: '6f9c0d6e-7f0a-4a3c-9d53-0d8f3d1b8a55',
              },
            ],
          },
        },
      ],
    },
  ],
};

@ApiTags('OTP')
@ApiParam({ name: 'businessUnit', type: String, example: 'nanovest' })
@Controller('v1/webhooks/whatsapp/:businessUnit')
export class WhatsappReceiptsController {
  constructor(private readonly receipts: Receipts) {}

  @Get()
  @Access(WhatsappVerifyToken)
  @Accepts({ kind: 'json', limitBytes: 0, ignoreUnknown: true })
  @Header('content-type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: "Answers Meta's subscription challenge for the receipts webhook" })
  @ApiQuery({ name: 'hub.mode', schema: { type: 'string', enum: ['subscribe'] } })
  @ApiQuery({
    name: 'hub.verify_token',
    type: String,
    example: 'the value of BU_NANOVEST_WHATSAPP_VERIFY_TOKEN',
  })
  @ApiQuery({
    name: 'hub.challenge',
    schema: { type: 'string', pattern: CHALLENGE.source, example: '1158201444' },
  })
  @ApiOkResponse({
    description: 'The challenge',
    content: { 'text/plain': { schema: { type: 'string' }, example: '1158201444' } },
  })
  @Refuses([403, 'forbidden', 'it is no subscription'])
  verifyWhatsappWebhook(@Query() query: Readonly<Record<string, unknown>>): string {
    return answerChallenge(query);
  }

  @Post()
  @Access(WhatsappSignature)
  @ReceiptsRoute({
    summary: 'Meta reports what became of WhatsApp messages',
    unreadable: 'the body is not JSON',
    maxBytes: MAX_WHATSAPP_RECEIPTS_BYTES,
  })
  @ApiBody({ schema: { type: 'object', example: NOTIFICATION }, description: "Meta's `messages` webhook" })
  async receiveWhatsappReceipts(
    @Ctx() { caller }: Context<PartnerCaller>,
    @Body() body: Buffer,
  ): Promise<void> {
    await this.receipts.apply(caller.businessUnit, readReceipts(parseJson(body)));
  }
}
