import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsMobileNumber } from '../../platform/indonesia';
import { PageQuery } from '../../platform/paging';
import {
  SUBMISSION_KINDS,
  SUBMISSION_STATUSES,
  type SubmissionKind,
  type SubmissionStatus,
} from '../submission-state';
import { IsInstant } from './instant';

/** What a list of submissions is narrowed to. */
export class SubmissionQueryDto extends PageQuery {
  @ApiPropertyOptional({ enum: SUBMISSION_KINDS, enumName: 'SubmissionKind' })
  @IsOptional()
  @IsIn(SUBMISSION_KINDS)
  kind?: SubmissionKind;

  @ApiPropertyOptional({ enum: SUBMISSION_STATUSES, enumName: 'SubmissionStatus' })
  @IsOptional()
  @IsIn(SUBMISSION_STATUSES)
  status?: SubmissionStatus;

  @ApiPropertyOptional({
    description: 'Submissions of everybody this number leads to',
    example: '6285610573956',
  })
  @IsOptional()
  @IsMobileNumber()
  phoneNumber?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Opened at or after' })
  @IsOptional()
  @IsInstant()
  createdFrom?: Date;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Opened before' })
  @IsOptional()
  @IsInstant()
  createdTo?: Date;
}
