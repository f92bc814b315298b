import { createHmac } from 'node:crypto';
import {
  applyDecorators,
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import {
  Access,
  Authenticator,
  type Context,
  Ctx,
  type PartnerCaller,
  type ProofDocumentation,
} from '../../../auth';
import { equalInConstantTime } from '../../../platform/crypto';
import { MESSAGE_ID } from '../otp-provider';
import { Receipts, ReceiptsRoute, refuseReceipt } from '../receipts';
import { type VerihubsAccount, type VerihubsSettings, verihubsSettings } from './verihubs.settings';
import { readReceipts } from './verihubs.wire';

interface CallbackAddress {
  readonly businessUnit: string;
  readonly deliveryId: string;
  readonly token: string;
}

/**
 * Verihubs documents no signature on callbacks, so each address proves itself: its last part can only be made with the unit's callback
 * secret, and only for this one delivery. Everything stands in the path, because Verihubs appends a query of its own.
 */
@Injectable()
export class VerihubsCallback extends Authenticator<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: null,
    refusals: [
      [401, 'unauthorized', "the token is not made with the unit's callback secret for this delivery"],
    ],
  };

  readonly challenge = null;

  constructor(@Inject(verihubsSettings.token) private readonly settings: VerihubsSettings) {
    super();
  }

  override presented(): boolean {
    return true;
  }

  override authenticate(request: FastifyRequest): PartnerCaller {
    const { businessUnit, deliveryId, token } = request.params as CallbackAddress;
    const account = this.settings.forUnit(businessUnit);
    if (account === null) throw refuseReceipt(request, 'unit_without_provider');
    if (!equalInConstantTime(token, tokenOf(account, businessUnit, deliveryId)))
      throw refuseReceipt(request, 'signature_wrong');
    return { kind: 'partner', businessUnit, partner: 'verihubs' };
  }
}

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

/** Where Verihubs reports what became of a delivery's message. */
export function callbackPath(account: VerihubsAccount, businessUnit: string, deliveryId: string): string {
  return `/v1/webhooks/verihubs/${businessUnit}/${deliveryId}/${tokenOf(account, businessUnit, deliveryId)}`;
}

function tokenOf(account: VerihubsAccount, businessUnit: string, deliveryId: string): string {
  const key = account.VERIHUBS_CALLBACK_SECRET.reveal();
  return createHmac('sha256', key).update(`${businessUnit}/${deliveryId}`).digest('base64url');
}
