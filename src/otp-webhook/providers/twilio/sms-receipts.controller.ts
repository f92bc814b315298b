import { createHmac } from 'node:crypto';
import { Body, Controller, Inject, Injectable, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access, type Context, Ctx, type PartnerCaller, type ProofDocumentation } from '../../../auth';
import { type PlatformSettings, platformSettings, publicUrl } from '../../../platform/config';
import { Receipts, ReceiptsRoute, SignedReceipts } from '../receipts';
import { type TwilioAccount, type TwilioSettings, twilioSettings } from './twilio.settings';
import { readReceipts } from './twilio.wire';

/** One receipt is about 500 bytes in a dozen fields. */
const MAX_SMS_RECEIPT_BYTES = 16_384;
/** More are not sorted: nobody has proven to be Twilio yet. */
const MAX_FIELDS = 100;

/** Twilio signs the address it was told to call and the form's fields with the unit's auth token (otp-channels.md §2.1). */
@Injectable()
export class TwilioSignature extends SignedReceipts<TwilioAccount> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: 'twilio-signature',
      definition: { type: 'apiKey', in: 'header', name: 'X-Twilio-Signature', description: 'Made by Twilio' },
    },
    refusals: [[401, 'unauthorized', "the signature is missing or not made with the unit's auth token"]],
  };

  readonly #publicUrls: readonly string[];

  constructor(
    @Inject(twilioSettings.token) settings: TwilioSettings,
    @Inject(platformSettings.token) platform: PlatformSettings,
  ) {
    super(settings, {
      partner: 'twilio',
      header: 'x-twilio-signature',
      shape: /^[A-Za-z0-9+/]{27}=$/,
      maxBytes: MAX_SMS_RECEIPT_BYTES,
    });
    this.#publicUrls = withAndWithoutPort(publicUrl(platform));
  }

  /** Over the address that Twilio was told to call, not what a proxy made of it. */
  protected override signatures(account: TwilioAccount, { url }: FastifyRequest, body: Buffer): string[] {
    const form = new URLSearchParams(body.toString('utf8'));
    if (form.size > MAX_FIELDS) return [];
    const signedFields = fields(form);
    const paths = new Set([url, url.replace(/\/(?=\?|$)/, '')]);
    return this.#publicUrls
      .flatMap((publicUrl) => [...paths].map((path) => `${publicUrl}${path}${signedFields}`))
      .map((signed) =>
        createHmac('sha1', account.TWILIO_AUTH_TOKEN.reveal()).update(signed).digest('base64'),
      );
  }
}

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

/** Twilio signs an address with its port or without it, the scheme's own port included. */
function withAndWithoutPort(publicUrl: string): string[] {
  const { protocol, hostname, port, pathname } = new URL(publicUrl);
  const path = pathname.replace(/\/$/, '');
  const own = protocol === 'https:' ? '443' : '80';
  return ['', `:${port === '' ? own : port}`].map((suffix) => `${protocol}//${hostname}${suffix}${path}`);
}

/** Names and values without separators, in the names' order. */
function fields(form: URLSearchParams): string {
  return [...form]
    .sort(([left], [right]) => (left < right ? -1 : Number(left > right)))
    .map(([name, value]) => name + value)
    .join('');
}
