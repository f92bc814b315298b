import { Body, Controller, Get, Header, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  Access,
  BackOffice,
  type BackOfficeCaller,
  type Context,
  Ctx,
  User,
  type UserCaller,
} from '../../auth';
import { Refuses } from '../../platform/http';
import { PageQuery, parseSeq, seqCursor } from '../../platform/paging';
import { EventDto, EventPageDto } from './dto/event.dto';
import { IdentityDto, IdentityQueryDto } from '../people/dto/identity.dto';
import { SubmissionDto, SubmissionPageDto } from './dto/submission.dto';
import { SubmissionQueryDto, SubmissionSearchDto } from './dto/submission-query.dto';
import { SubmissionSummaryDto } from './dto/submission-summary.dto';
import { entityTag } from './entity-tag';
import { IdentityReading } from '../people/identity-reading';
import type { Submission } from './submission.entity';
import { CurrentSubmission, OnSubmission } from './submission-access.guard';
import { SubmissionEvents } from './submission-events';
import { SubmissionSearch } from './submission-search';
import { SubmissionSummary } from './submission-summary';
import { SubmissionViews } from './submission-view';

@ApiTags('Submissions')
@Controller('v1/submissions')
export class SubmissionsController {
  constructor(
    private readonly search: SubmissionSearch,
    private readonly views: SubmissionViews,
    private readonly events: SubmissionEvents,
    private readonly identities: IdentityReading,
    private readonly summary: SubmissionSummary,
  ) {}

  @Get()
  @Access(User, BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'List submissions, newest first',
    description:
      'A person sees what they started with their own token, the back office everything of its unit.',
  })
  @ApiOkResponse({ type: SubmissionPageDto })
  async listSubmissions(
    @Ctx() { caller }: Context<UserCaller | BackOfficeCaller>,
    @Query() query: SubmissionQueryDto,
  ): Promise<SubmissionPageDto> {
    const { submissions, nextCursor } = await this.search.page(caller, query);
    return { data: await this.views.many(caller.businessUnit, submissions, caller.kind), nextCursor };
  }

  @Post('search')
  @HttpCode(200)
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Search submissions, by NIK too',
    description:
      'As the list, newest first, with its filters in the body: phone numbers and NIKs do not belong into addresses.',
  })
  @ApiBody({ type: SubmissionSearchDto, examples: { nik: { value: { nik: '3171010101900001' } } } })
  @ApiOkResponse({ type: SubmissionPageDto })
  @Refuses([400, 'invalid_request', 'a field is unknown or not valid'])
  searchSubmissions(
    @Ctx() context: Context<BackOfficeCaller>,
    @Body() query: SubmissionSearchDto,
  ): Promise<SubmissionPageDto> {
    return this.listSubmissions(context, query);
  }

  @Get('summary')
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Count the submissions of 30 days by status and by how long their results took' })
  @ApiOkResponse({ type: SubmissionSummaryDto })
  getSubmissionSummary(@Ctx() { caller }: Context<BackOfficeCaller>): Promise<SubmissionSummaryDto> {
    return this.summary.of(caller.businessUnit);
  }

  @Get(':id')
  @Access(User, BackOffice)
  @OnSubmission()
  @ApiOperation({ summary: 'Show one submission' })
  @ApiOkResponse({ type: SubmissionDto })
  getSubmission(
    @Ctx() { caller }: Context<UserCaller | BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SubmissionDto> {
    void reply.header('etag', entityTag(submission));
    return this.views.whole(submission, caller.kind);
  }

  @Get(':id/events')
  @Access(User, BackOffice)
  @OnSubmission()
  @ApiOperation({
    summary: 'What happened to a submission, oldest first',
    description: 'Each event’s hash covers everything that happened in the business unit before it.',
  })
  @ApiOkResponse({ type: EventPageDto })
  async listSubmissionEvents(
    @Ctx() { caller }: Context<UserCaller | BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Query() { cursor, limit }: PageQuery,
  ): Promise<EventPageDto> {
    const found = await this.events.after(submission, parseSeq(cursor), limit + 1);
    const page = found.slice(0, limit);
    const shown =
      caller.kind === 'back-office' ? await this.events.withPurposes(caller.businessUnit, page) : page;
    const data = shown.map((event) => EventDto.of(event));
    const last = data.at(-1);
    return { data, nextCursor: found.length > limit && last !== undefined ? seqCursor(last.seq) : null };
  }

  @Get(':id/identity')
  @Access(BackOffice)
  @OnSubmission()
  @ApiOperation({
    summary: 'Show the identity in clear',
    description: 'Every reading is itself an event of the submission, with who read it and why.',
  })
  @ApiOkResponse({ type: IdentityDto })
  @Refuses(
    [404, 'identity_not_found', 'the submission holds no identity, or the person was erased'],
    [
      409,
      'person_restricted',
      'the person asked to be forgotten: only the purpose `legal-obligation` is served',
    ],
  )
  getSubmissionIdentity(
    @Ctx() { caller }: Context<BackOfficeCaller>,
    @CurrentSubmission() submission: Submission,
    @Query() { purpose }: IdentityQueryDto,
  ): Promise<IdentityDto> {
    return this.identities.read(caller, submission, purpose);
  }
}
