import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { type Refusal, Refuses } from '../../platform/http';
import { type Attempt, CurrentAttempt, Idempotent } from '../../platform/idempotency';
import { Decisions } from './decisions';
import { consentTo } from './consent.dto';
import { ApprovalDto, RejectionDto } from './decision.dto';
import { SubmissionDto } from '../submissions/dto/submission.dto';
import { entityTag, expectedState } from '../submissions/entity-tag';
import { FollowUps } from '../events/follow-ups';
import type { Submission } from '../submissions/submission.entity';
import { CurrentSubmission, OnSubmission } from '../submissions/submission-access.guard';
import { kindsWith } from '../submissions/submission-state';
import { SubmissionViews } from '../submissions/submission-view';

const VERIFIED = kindsWith(({ isVerified }) => isVerified);
const WITHOUT_RESULT = kindsWith(({ isDecidedOpen }) => isDecidedOpen);
const REFUSALS: readonly Refusal[] = [
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
export class DecisionsController {
  constructor(
    private readonly decisions: Decisions,
    private readonly views: SubmissionViews,
    private readonly followUps: FollowUps,
  ) {}

  @Post('approve')
  @HttpCode(200)
  @Access(BackOffice)
  @OnSubmission()
  @Idempotent()
  @ApiOperation({
    summary: 'Approve a verified submission and share it',
    description:
      `From \`verified\`, for ${WITHOUT_RESULT} from \`open\`; from \`declined\`, \`error\`, \`unrecognised\` and \`stale\` with ` +
      '`override` and `reason`. Nothing has to be said: what was verified is approved as it is. For ' +
      `${VERIFIED} a corrected name, NIK or date of birth needs a \`reason\` and makes that \`verification\` word ` +
      `\`overridden\`; for ${WITHOUT_RESULT} all five fields are wanted. ` +
      'The same approval again gives the same answer and changes nothing.',
  })
  @ApiBody({ type: ApprovalDto, required: false, examples: { 'as it was verified': { value: {} } } })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: SubmissionDto })
  @Refuses(
    ...REFUSALS,
    [409, 'conflict', 'it was approved with other corrections or override'],
    [422, 'not_correctable', `the phone number of ${VERIFIED} is the one that was verified`],
    [
      422,
      'reason_required',
      `an override, or a corrected name, NIK or date of birth of ${VERIFIED}, needs a \`reason\``,
    ],
    [422, 'incomplete_data', 'a field that is shared is not known'],
  )
  async approveSubmission(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { consent, officer, reason, override, ...corrections }: ApprovalDto,
    @CurrentAttempt() attempt: Attempt,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubmissionDto> {
    const decision = { caller, submission, expected: expectedState(ifMatch) };
    const approval = {
      corrections,
      officer: officer ?? null,
      reason: reason ?? null,
      override: override ?? false,
      consent: consentTo(this.followUps.purpose, consent),
    };
    const approved = await this.decisions.approve(decision, approval, async (tx, decided) =>
      attempt.saveResponse(tx, decided.id, await this.views.one(decided, 'back-office', tx), {
        etag: entityTag(decided),
      }),
    );
    void reply.header('etag', entityTag(approved));
    return this.views.one(approved, 'back-office');
  }

  @Post('reject')
  @HttpCode(200)
  @Access(BackOffice)
  @OnSubmission()
  @ApiOperation({
    summary: 'Reject a submission',
    description:
      'From the statuses that can be approved, with or without an override. The same rejection again gives the same answer and changes nothing.',
  })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: SubmissionDto })
  @Refuses(...REFUSALS, [409, 'conflict', 'it was rejected with another `officer` or `reason`'])
  async rejectSubmission(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { officer, reason }: RejectionDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubmissionDto> {
    const decision = { caller, submission, expected: expectedState(ifMatch) };
    const rejected = await this.decisions.reject(decision, { officer: officer ?? null, reason });
    void reply.header('etag', entityTag(rejected));
    return this.views.one(rejected, 'back-office');
  }
}
