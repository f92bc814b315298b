import { Body, Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../auth';
import { type Refusal, Refuses } from '../platform/http';
import { Decisions } from './decisions';
import { ApprovalDto, RejectionDto } from './dto/decision.dto';
import { SubmissionDto } from './dto/submission.dto';
import type { Submission } from './projection';
import { CurrentSubmission, SubmissionAccessGuard } from './submission-access.guard';
import { SubmissionViews } from './submission-view';

const REFUSALS: readonly Refusal[] = [
  [400, 'invalid_request', 'a field is unknown or not valid'],
  [404, 'not_found', 'there is no such submission in this business unit'],
  [409, 'invalid_state', 'its status does not allow a decision; the table is in the ledger guide'],
];

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
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Approve a verified submission and share it through Common KYC',
    description:
      'From `verified`, for SATUSEHAT from `open`. A repeat gives the same answer and changes nothing. ' +
      'Corrections are recorded field by field; for SATUSEHAT all five fields are wanted.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: SubmissionDto })
  @Refuses(...REFUSALS, [422, 'incomplete_data', 'a field that Common KYC needs is not known'])
  async approve(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Body() corrections: ApprovalDto,
  ): Promise<SubmissionDto> {
    return this.views.one(await this.decisions.approve(caller, submission, corrections));
  }

  @Post('reject')
  @HttpCode(200)
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Reject a submission', description: 'From the statuses that can be approved.' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: SubmissionDto })
  @Refuses(...REFUSALS)
  async reject(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Body() { reason }: RejectionDto,
  ): Promise<SubmissionDto> {
    return this.views.one(await this.decisions.reject(caller, submission, reason));
  }
}
