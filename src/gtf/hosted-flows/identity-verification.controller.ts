import { Body, Controller, Header, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, type Context, Ctx, sessionOf, User, type UserCaller } from '../../auth';
import { consentTo, locationOf } from '../../kyc-ledger';
import { PARTNER_REFUSALS, Refuses } from '../../platform/http';
import { type Attempt, CurrentAttempt, Idempotent, IDEMPOTENCY_REFUSALS } from '../../platform/idempotency';

import { answerOf, StartedJourneyDto, StartIdentityVerificationDto } from './hosted-flow.dto';
import { OpensSession } from '../sessions/session-limit.interceptor';
import { IdentityVerificationService } from './hosted-flow.service';

const REDIRECTIONS = {
  successRedirectionUrl: 'https://nanovest.example/kyc/done',
  failureRedirectionUrl: 'https://nanovest.example/kyc/failed',
};
const CONSENT = { textVersion: 'kyc-terms-2025-10', givenAt: '2025-11-22T03:04:05.678Z' };
const EXAMPLES = {
  web: {
    summary: "GTF's web page, for the token's own phone number",
    value: { source: 'WEB_SDK', ...REDIRECTIONS },
  },
  app: {
    summary: "GTF's SDK in an app",
    value: { source: 'SDK', userLocale: 'id_ID' },
  },
  consented: {
    summary: 'With the consent you hold, so that the ledger can prove it',
    value: { source: 'SDK', verificationReferenceId: 'otp-2026-11-22-0001', consent: CONSENT },
  },
};

/** SIV: KTP, selfie and Dukcapil in GTF's own SDK or web page. */
@ApiTags('GTF e-KYC')
@Controller('v1/gtf/identity-verifications')
export class IdentityVerificationController {
  constructor(private readonly verifications: IdentityVerificationService) {}

  @Post()
  @Access(User)
  @OpensSession()
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: "Start a person's identity verification in GTF's SDK or web page",
    description:
      'The result comes by callback or poll: watch `/v1/submissions/{id}/stream`, or read `/v1/submissions/{id}`. ' +
      'A redirect that says COMPLETED means "finished", not "approved".',
  })
  @ApiBody({ type: StartIdentityVerificationDto, examples: EXAMPLES })
  @ApiCreatedResponse({ type: StartedJourneyDto })
  @Refuses(
    [
      400,
      'invalid_request',
      'a field is missing or wrong, or a redirect leads to an origin that is not allowed',
    ],
    [422, 'phone_mismatch', "the phone number is not the access token's own"],
    [422, 'phone_missing', 'neither the token nor the request names a contact'],
    [422, 'email_mismatch', 'the e-mail address is not one that the access token says is verified'],
    ...PARTNER_REFUSALS,
    ...IDEMPOTENCY_REFUSALS,
  )
  async start(
    @Ctx() context: Context<UserCaller>,
    @Body() { consent, ...given }: StartIdentityVerificationDto,
    @CurrentAttempt() attempt: Attempt,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedJourneyDto> {
    const consented = consentTo('gtf-ekyc', consent);
    const order = { ...given, session: sessionOf(request) };
    const started = await this.verifications.start(context, order, consented, (tx, agreed) =>
      attempt.saveResponse(tx, agreed.submissionId, answerOf(agreed), locationOf(agreed.submissionId)),
    );
    void reply.headers(locationOf(started.submissionId));
    return answerOf(started);
  }
}
