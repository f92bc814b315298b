import { Body, Controller, HttpCode, Param, Post, Put, Req } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Access, type Context, Ctx, User, type UserCaller } from '../../auth';
import {
  consentTo,
  created,
  CurrentSubmission,
  OnSubmission,
  type Submission,
  SubmissionDto,
  SubmissionViews,
} from '../../kyc-ledger';
import { Accepts, PARTNER_REFUSALS, Refuses } from '../../platform/http';
import { type Attempt, CurrentAttempt } from '../../platform/idempotency';
import { CoeConfirmation, CoeSubmissionService } from './coe-submission.service';
import { DocumentUpload } from '../documents/document-upload.service';
import { CreateCoeSubmissionDto, CreatedCoeSubmissionDto, UploadedDocumentDto } from './coe-submission.dto';
import { MAX_IMAGE_BYTES } from '../documents/image-check';
import { OpensSession } from '../sessions/session-limit.interceptor';
import { Reconciliation } from '../results/reconciliation.service';

/** COE with images that the business unit's own app takes. */
@ApiTags('GTF e-KYC')
@Controller('v1/gtf/submissions')
export class CoeSubmissionController {
  constructor(
    private readonly submissions: CoeSubmissionService,
    private readonly uploads: DocumentUpload,
    private readonly confirmation: CoeConfirmation,
    private readonly reconciliation: Reconciliation,
    private readonly views: SubmissionViews,
  ) {}

  @Post()
  @Access(User)
  @OpensSession()
  @ApiOperation({
    summary: 'Create a submission and learn which documents GTF wants',
    description:
      "Spends one of the person's attempts at GTF; `SUBMISSION_QUOTA_EXCEEDED` means that none is left, and is final.",
  })
  @ApiCreatedResponse({ type: CreatedCoeSubmissionDto })
  @Refuses(...PARTNER_REFUSALS)
  createCoeSubmission(
    @Ctx() context: Context<UserCaller>,
    @Body() { consent, ...order }: CreateCoeSubmissionDto,
    @CurrentAttempt() attempt: Attempt,
  ): Promise<CreatedCoeSubmissionDto> {
    return this.submissions.create(context, order, consentTo('gtf-ekyc', consent), created(attempt));
  }

  @Put(':id/documents/:type')
  @Access(User)
  @OnSubmission()
  @Accepts({ kind: 'stream', limitBytes: MAX_IMAGE_BYTES })
  @ApiOperation({
    summary: 'Upload a document: the image is checked and handed on to GTF as it is',
    description:
      'Any JPEG or PNG that opens, as phones and cameras write them; 300 to 8000 pixels a side, at most 40 megapixels and 8 MiB.',
  })
  @ApiParam({ name: 'type', schema: { type: 'string', example: 'KTP', pattern: '^[^\\u0000]+$' } })
  @ApiConsumes('image/jpeg', 'image/png')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiOkResponse({ type: UploadedDocumentDto })
  @Refuses(
    [400, 'invalid_request', 'the type has a NUL character'],
    [408, 'invalid_request', 'the image took too long to arrive'],
    [409, 'upload_url_expired', 'the time for uploading is over: create a new submission'],
    [409, 'invalid_state', 'the submission was confirmed already'],
    [413, 'payload_too_large', 'the image has more than 8 MiB'],
    [415, 'unsupported_media_type', 'it is neither image/jpeg nor image/png'],
    [422, 'invalid_image', 'it is no JPEG or PNG that opens, or its size is not acceptable'],
    [503, 'temporarily_unavailable', 'too many images arrive at once; retry after `Retry-After` seconds'],
    ...PARTNER_REFUSALS,
  )
  uploadDocument(
    @CurrentSubmission() submission: Submission,
    @Param('type') type: string,
    @Req() { raw, headers }: FastifyRequest,
  ): Promise<UploadedDocumentDto> {
    const [contentType, contentLength] = [headers['content-type'], headers['content-length']];
    return this.uploads.upload(submission, type, { contentType, contentLength, bytes: raw });
  }

  @Post(':id/confirm')
  @HttpCode(202)
  @Access(User)
  @OnSubmission()
  @ApiOperation({ summary: 'Hand the uploaded documents over for processing' })
  @ApiAcceptedResponse({ type: SubmissionDto, description: 'Being processed; a repeat changes nothing' })
  @Refuses(...PARTNER_REFUSALS)
  async confirmSubmission(
    @Ctx() { deadline }: Context<UserCaller>,
    @CurrentSubmission() submission: Submission,
  ): Promise<SubmissionDto> {
    return this.views.one(await this.confirmation.confirm(submission, deadline), 'user');
  }

  @Post(':id/refresh')
  @HttpCode(200)
  @Access(User)
  @OnSubmission()
  @ApiOperation({
    summary: 'Ask GTF now how a submission is doing (COE and SIV)',
    description: 'Instead of waiting for the callback or the next poll. Never moves a state backwards.',
  })
  @ApiOkResponse({ type: SubmissionDto })
  @Refuses(...PARTNER_REFUSALS)
  async refreshSubmission(
    @Ctx() { deadline }: Context<UserCaller>,
    @CurrentSubmission() submission: Submission,
  ): Promise<SubmissionDto> {
    return this.views.one(await this.reconciliation.refresh(submission, deadline), 'user');
  }
}
