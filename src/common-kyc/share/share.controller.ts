import { Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice } from '../../auth';
import {
  CurrentSubmission,
  type Submission,
  SubmissionAccessGuard,
  SubmissionDto,
  SubmissionViews,
} from '../../kyc-ledger';
import { Refuses } from '../../platform/http';
import { ShareService } from './share.service';

@ApiTags('Common KYC')
@Controller('v1/submissions/:id/share')
export class ShareController {
  constructor(
    private readonly shares: ShareService,
    private readonly views: SubmissionViews,
  ) {}

  @Post()
  @HttpCode(202)
  @Access(BackOffice)
  @UseGuards(SubmissionAccessGuard)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'Try again to share an approved submission',
    description: 'After `share_failed`, or while `approved` waits: tries at once, and again for 72 hours.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiAcceptedResponse({ type: SubmissionDto })
  @Refuses(
    [404, 'not_found', 'there is no such submission in this business unit'],
    [409, 'invalid_state', 'there is nothing to share, or newer data of the phone number stands above it'],
    [501, 'partner_not_configured', 'the business unit has no credentials for Common KYC'],
  )
  async share(@CurrentSubmission() submission: Submission): Promise<SubmissionDto> {
    await this.shares.restart(submission);
    return this.views.one(submission, 'back-office');
  }
}
