import { applyDecorators, Body, Controller, HttpCode, Injectable, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  Access,
  BasicAuthGuard,
  BasicVerifier,
  contextOf,
  type PartnerCaller,
  type ProofDocumentation,
  type UnitCredential,
} from '../../auth';
import { BusinessUnits } from '../../business-units';
import { Accepts } from '../../platform/http';
import { AcceptOtp } from './accept-otp.service';
import { OtpAccepted, OtpError, OtpRequest, OtpRequestPipe } from './otp-request.dto';

const REALM = 'otp-webhook';

/** SIMAS-ID proves itself with one of the unit's OTP webhook credentials; the credential names the unit. */
@Injectable()
export class OtpSender extends BasicAuthGuard<PartnerCaller> {
  static readonly documentation: ProofDocumentation = {
    scheme: {
      name: REALM,
      definition: {
        type: 'http',
        scheme: 'basic',
        description: "One of the unit's OTP webhook credentials (`BU_<BU>_OTP_WEBHOOK_CREDENTIALS`)",
      },
    },
    // This route has an error body of its own, see below.
    refusals: [],
  };

  constructor(units: BusinessUnits, verifier: BasicVerifier) {
    super(units, verifier, REALM, ({ otpWebhookCredentials }) => otpWebhookCredentials);
  }

  protected override callerOf({ businessUnit }: UnitCredential): PartnerCaller {
    return { kind: 'partner', businessUnit, partner: 'simas-id' };
  }
}

/** The validated body; a type of its own, so that the program-wide pipe, which refuses unknown fields, does not check it. */
type ValidRequest = Readonly<InstanceType<typeof OtpRequest>>;

const MAX_BODY_BYTES = 4_096;

const REFUSALS: readonly (readonly [status: number, description: string])[] = [
  [400, '`invalid_request`: unreadable JSON, or a missing or bad field; sending it again changes nothing'],
  [401, '`unauthorized`: credentials missing or wrong'],
  [413, '`invalid_request`: more than 4 KiB'],
  [415, '`invalid_request`: not `application/json`'],
  [
    422,
    '`unsupported_channel`: unknown, or not configured for the unit; `identifier_mismatch`: the channel cannot reach it; ' +
      '`idempotency_key_reused`: the key was used for another request',
  ],
  [
    429,
    '`rate_limited`: too many codes for this identifier or this unit, or too many wrong credentials; see `Retry-After`',
  ],
  [500, '`unexpected_error`: "Something Went Wrong"'],
  [503, '`temporarily_unavailable`: it could not be stored; send it again after `Retry-After` seconds'],
];

/** In the shape that SIMAS-ID prescribes for this route alone. */
const RefusesAsSimasId = (): MethodDecorator =>
  applyDecorators(
    ...REFUSALS.map(([status, description]) => ApiResponse({ status, description, type: OtpError })),
  );

@ApiTags('OTP')
@Controller('v1/webhooks/otp')
export class OtpWebhookController {
  constructor(private readonly intake: AcceptOtp) {}

  @Post()
  @HttpCode(200)
  @Access(OtpSender)
  @RouteConfig({ errorShape: 'oauth' })
  @Accepts({ kind: 'json', limitBytes: MAX_BODY_BYTES, ignoreUnknown: true })
  @ApiOperation({
    summary: 'SIMAS-ID hands over a one-time code to deliver',
    description:
      'Answers once the code is durable; it is then sent by the asked channel until its deadline. The same code for the same ' +
      'identifier and channel within the dedupe window is one delivery. A newer code supersedes older ones that still wait. ' +
      'Unknown fields are ignored.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'At most 255 characters, kept 24 hours',
  })
  @ApiBody({ type: OtpRequest })
  @ApiOkResponse({ type: OtpAccepted, description: 'Stored; also the answer to a repeat, with the same id' })
  @RefusesAsSimasId()
  async acceptOtp(
    // Not @Ctx() and @Headers(): Nest awaits the pipes of each of them, which costs this busy route more than reading the request.
    @Req() request: FastifyRequest,
    @Body(OtpRequestPipe) otp: ValidRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OtpAccepted> {
    const { businessUnit } = contextOf(request).caller;
    const key = request.headers['idempotency-key'];
    const { outcome, deliveryId: id } = await this.intake.accept(businessUnit, otp, key?.toString());
    if (outcome === 'replayed') reply.header('idempotency-hit', 'true');
    return { id, status: 'accepted' };
  }
}
