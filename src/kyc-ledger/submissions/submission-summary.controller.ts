import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Access, BackOffice, type BackOfficeCaller, type Context, Ctx } from '../../auth';
import { SubmissionSummaryDto } from './dto/submission-summary.dto';
import { SubmissionSummary } from './submission-summary';

@ApiTags('Submissions')
@Controller('v1/submissions/summary')
export class SubmissionSummaryController {
  constructor(private readonly summary: SubmissionSummary) {}

  @Get()
  @Access(BackOffice)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Count the submissions of 30 days by status and by how long their results took' })
  @ApiOkResponse({ type: SubmissionSummaryDto })
  getSubmissionSummary(@Ctx() { caller }: Context<BackOfficeCaller>): Promise<SubmissionSummaryDto> {
    return this.summary.of(caller.businessUnit);
  }
}
