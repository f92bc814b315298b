import { Body, Controller, Header, Post, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, type Context, Ctx, User, type UserCaller } from '../../auth';
import { consentTo, locationOf } from '../../kyc-ledger';
import { PARTNER_REFUSALS, Refuses } from '../../platform/http';
import { type Attempt, CurrentAttempt, Idempotent, IDEMPOTENCY_REFUSALS } from '../../platform/idempotency';
import { CoeFlowService } from './hosted-flow.service';

import { answerOf, StartCoeFlowDto, StartedJourneyDto } from './hosted-flow.dto';
import { OpensSession } from '../sessions/session-limit.interceptor';

const EXAMPLES = {
  app: { summary: "GTF's SDK in an app", value: { flow: 'KTP_SCAN', source: 'SDK', userLocale: 'id_ID' } },
  web: {
    summary: "GTF's web page",
    value: {
      flow: 'STANDALONE_LIVENESS',
      source: 'WEB_SDK',
      successRedirectionUrl: 'https://nanovest.example/kyc/done',
      failureRedirectionUrl: 'https://nanovest.example/kyc/failed',
    },
  },
};

/** COE in GTF's own SDK or web page, instead of images that the business unit's app takes. */
@ApiTags('GTF e-KYC')
@Controller('v1/gtf/flows')
export class CoeFlowController {
  constructor(private readonly flows: CoeFlowService) {}

  @Post()
  @Access(User)
  @OpensSession()
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: "Start a KTP scan, liveness or face check in GTF's own SDK or web page",
    description:
      'GTF takes the images itself: there is nothing to upload and nothing to confirm. The result comes by callback or poll: watch ' +
      '`/v1/submissions/{id}/stream`, or read `/v1/submissions/{id}`.',
  })
  @ApiBody({ type: StartCoeFlowDto, examples: EXAMPLES })
  @ApiCreatedResponse({ type: StartedJourneyDto })
  @Refuses(
    [
      400,
      'invalid_request',
      'a field is missing or wrong, or a redirect leads to an origin that is not allowed',
    ],
    ...PARTNER_REFUSALS,
    ...IDEMPOTENCY_REFUSALS,
  )
  async start(
    @Ctx() context: Context<UserCaller>,
    @Body() { consent, ...order }: StartCoeFlowDto,
    @CurrentAttempt() attempt: Attempt,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedJourneyDto> {
    const consented = consentTo('gtf-ekyc', consent);
    const started = await this.flows.start(context, order, consented, (tx, agreed) =>
      attempt.saveResponse(tx, agreed.submissionId, answerOf(agreed), locationOf(agreed.submissionId)),
    );
    void reply.headers(locationOf(started.submissionId));
    return answerOf(started);
  }
}
