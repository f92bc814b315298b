import { applyDecorators, Body, Controller, Post, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access, type Context, Ctx, sessionOf, User, type UserCaller } from '../../auth';
import { consentTo, created } from '../../kyc-ledger';
import { PARTNER_REFUSALS, Refuses } from '../../platform/http';
import { type Attempt, CurrentAttempt } from '../../platform/idempotency';
import { OpensSession } from '../sessions/session-limit.interceptor';
import { StartCoeFlowDto, StartedJourneyDto, StartIdentityVerificationDto } from './hosted-flow.dto';
import { HostedFlowService } from './hosted-flow.service';

const REDIRECTIONS = {
  successRedirectionUrl: 'https://nanovest.example/kyc/done',
  failureRedirectionUrl: 'https://nanovest.example/kyc/failed',
};
const COE_EXAMPLES = {
  app: { summary: "GTF's SDK in an app", value: { flow: 'KTP_SCAN', source: 'SDK', userLocale: 'id_ID' } },
  web: {
    summary: "GTF's web page",
    value: { flow: 'STANDALONE_LIVENESS', source: 'WEB_SDK', ...REDIRECTIONS },
  },
};
const CONSENT = { textVersion: 'kyc-terms-2025-10', givenAt: '2025-11-22T03:04:05.678Z' };
const SIV_EXAMPLES = {
  web: {
    summary: "GTF's web page, for the token's own phone number",
    value: { source: 'WEB_SDK', ...REDIRECTIONS },
  },
  app: { summary: "GTF's SDK in an app", value: { source: 'SDK', userLocale: 'id_ID' } },
  consented: {
    summary: 'With the consent you hold, so that the ledger can prove it',
    value: { source: 'SDK', verificationReferenceId: 'otp-2026-11-22-0001', consent: CONSENT },
  },
};

function StartsFlow(): MethodDecorator {
  return applyDecorators(
    Refuses(
      [
        400,
        'invalid_request',
        'a field is missing or wrong, or a redirect leads to an origin that is not allowed',
      ],
      ...PARTNER_REFUSALS,
    ),
    ApiCreatedResponse({ type: StartedJourneyDto }),
    OpensSession(),
    Access(User),
  );
}

/** Checks in GTF's own SDK or web page, instead of images that the business unit's app takes. */
@ApiTags('GTF e-KYC')
@Controller('v1/gtf')
export class HostedFlowController {
  constructor(private readonly flows: HostedFlowService) {}

  /** COE. */
  @Post('flows')
  @StartsFlow()
  @ApiOperation({
    summary: "Start a KTP scan, liveness or face check in GTF's own SDK or web page",
    description:
      'GTF takes the images itself: there is nothing to upload and nothing to confirm. The result comes by callback or poll: watch ' +
      '`/v1/submissions/{id}/stream`, or read `/v1/submissions/{id}`.',
  })
  @ApiBody({ type: StartCoeFlowDto, examples: COE_EXAMPLES })
  startCoeFlow(
    @Ctx() context: Context<UserCaller>,
    @Body() { consent, ...order }: StartCoeFlowDto,
    @CurrentAttempt() attempt: Attempt,
  ): Promise<StartedJourneyDto> {
    return this.flows.startCoe(context, order, consentTo('gtf-ekyc', consent), created(attempt));
  }

  /** SIV: KTP, selfie and Dukcapil. */
  @Post('identity-verifications')
  @StartsFlow()
  @ApiOperation({
    summary: "Start a person's identity verification in GTF's SDK or web page",
    description:
      'The result comes by callback or poll: watch `/v1/submissions/{id}/stream`, or read `/v1/submissions/{id}`. ' +
      'A redirect that says COMPLETED means "finished", not "approved".',
  })
  @ApiBody({ type: StartIdentityVerificationDto, examples: SIV_EXAMPLES })
  @Refuses(
    [422, 'phone_mismatch', "the phone number is not the access token's own"],
    [422, 'phone_missing', 'neither the token nor the request names a contact'],
    [422, 'email_mismatch', 'the e-mail address is not one that the access token says is verified'],
  )
  startIdentityVerification(
    @Ctx() context: Context<UserCaller>,
    @Body() { consent, ...given }: StartIdentityVerificationDto,
    @CurrentAttempt() attempt: Attempt,
    @Req() request: FastifyRequest,
  ): Promise<StartedJourneyDto> {
    const order = { ...given, session: sessionOf(request) };
    return this.flows.startSiv(context, order, consentTo('gtf-ekyc', consent), created(attempt));
  }
}
