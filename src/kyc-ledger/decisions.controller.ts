import { Body, Controller, Header, Headers, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../auth';
import { type Refusal, Refuses } from '../platform/http';
import { type Attempt, CurrentAttempt, Idempotent, IDEMPOTENCY_REFUSALS } from '../platform/idempotency';
import { Decisions } from './decisions';
import { consentTo } from './dto/consent.dto';
import { ApprovalDto, RejectionDto } from './dto/decision.dto';
import { SubmissionDto } from './dto/submission.dto';
import { entityTag, expectedState } from './entity-tag';
import type { Submission } from './projection';
import { CurrentSubmission, SubmissionAccessGuard } from './submission-access.guard';
import { SubmissionViews } from './submission-view';

const REFUSALS: readonly Refusal[] = [
  [400, 'invalid_request', 'a field is unknown or not valid'],
  [404, 'not_found', 'there is no such submission in this business unit'],
  [409, 'invalid_state', 'its status does not allow a decision; the table is in the ledger guide'],
  [412, 'precondition_failed', '`If-Match` names a state that the submission has left'],
];
const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'The `ETag` of what you looked at: decides only if it is still so',
};

@ApiTags('Submissions')
@Controller('v1/submissions/:id')
@UseGuards(SubmissionAccessGuard)
export class DecisionsController {
  constructor(
    private readonly decisions: Decisions,
    private readonly views: SubmissionViews,
  ) {}

  @Post('approve')
  @HttpCode(200)
  @Access(BackOffice)
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Approve a verified submission and share it through Common KYC',
    description:
      'From `verified`, for SATUSEHAT from `open`. A repeat gives the same answer and changes nothing. ' +
      'Corrections are recorded field by field; for SATUSEHAT all five fields are wanted.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: SubmissionDto })
  @Refuses(
    ...REFUSALS,
    [422, 'incomplete_data', 'a field that Common KYC needs is not known'],
    ...IDEMPOTENCY_REFUSALS,
  )
  async approve(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { consent, ...corrections }: ApprovalDto,
    @CurrentAttempt() attempt: Attempt,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubmissionDto> {
    const decision = { caller, submission, expected: expectedState(ifMatch) };
    const consented = consentTo('common-kyc', consent);
    const approved = await this.decisions.approve(decision, corrections, consented, async (tx, decided) =>
      attempt.keep(tx, decided.id, await this.views.one(decided, tx), { etag: entityTag(decided) }),
    );
    void reply.header('etag', entityTag(approved));
    return this.views.one(approved);
  }

  @Post('reject')
  @HttpCode(200)
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Reject a submission', description: 'From the statuses that can be approved.' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: SubmissionDto })
  @Refuses(...REFUSALS)
  async reject(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { reason }: RejectionDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubmissionDto> {
    const decision = { caller, submission, expected: expectedState(ifMatch) };
    const rejected = await this.decisions.reject(decision, reason);
    void reply.header('etag', entityTag(rejected));
    return this.views.one(rejected);
  }
}
