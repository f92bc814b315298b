import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { OptionalField } from '../../../platform/http';
import { IsMobileNumber, IsNik } from '../../../platform/indonesia';
import { PageQuery } from '../../../platform/paging';
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
  @OptionalField()
  @IsIn(SUBMISSION_KINDS)
  kind?: SubmissionKind;

  @ApiPropertyOptional({ enum: SUBMISSION_STATUSES, enumName: 'SubmissionStatus' })
  @OptionalField()
  @IsIn(SUBMISSION_STATUSES)
  status?: SubmissionStatus;

  @ApiPropertyOptional({
    description: 'Submissions of everybody this number leads to',
    example: '6285610573956',
  })
  @OptionalField()
  @IsMobileNumber()
  phoneNumber?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Opened at or after' })
  @OptionalField()
  @IsInstant()
  createdFrom?: Date;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Opened before' })
  @OptionalField()
  @IsInstant()
  createdTo?: Date;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Changed at or after: `updatedAt`. The order stays that of opening',
  })
  @OptionalField()
  @IsInstant()
  updatedFrom?: Date;
}

/** The same in a body, where what names people belongs: addresses end in the logs of proxies. */
export class SubmissionSearchDto extends SubmissionQueryDto {
  @ApiPropertyOptional({
    example: '3171010101900001',
    description: 'Submissions of everybody this NIK leads to',
  })
  @OptionalField()
  @IsNik()
  nik?: string;
}
