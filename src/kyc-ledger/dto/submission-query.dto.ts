import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsDate, IsIn, IsOptional } from 'class-validator';
import { IsMobileNumber } from '../../platform/indonesia';
import {
  SUBMISSION_KINDS,
  SUBMISSION_STATUSES,
  type SubmissionKind,
  type SubmissionStatus,
} from '../submission-state';
import { PageQueryDto } from './page-query.dto';

/** RFC 3339: a time zone must be said, for a bare local time would mean another instant on another machine. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

function IsInstant(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: TransformFnParams): unknown =>
      typeof value === 'string' && INSTANT.test(value) ? new Date(value) : value,
    ),
    IsDate({ message: '$property must be an instant such as 2026-11-22T00:00:00.000Z' }),
  );
}

/** What a list of submissions is narrowed to. */
export class SubmissionQueryDto extends PageQueryDto {
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
