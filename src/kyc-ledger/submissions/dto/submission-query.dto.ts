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

export class SubmissionQueryDto extends PageQuery {
  @OptionalField({ enum: SUBMISSION_KINDS, enumName: 'SubmissionKind' })
  @IsIn(SUBMISSION_KINDS)
  kind?: SubmissionKind;

  @OptionalField({ enum: SUBMISSION_STATUSES, enumName: 'SubmissionStatus' })
  @IsIn(SUBMISSION_STATUSES)
  status?: SubmissionStatus;

  @OptionalField({
    description: 'Submissions of everybody this number leads to',
    example: '6285610573956',
  })
  @IsMobileNumber()
  phoneNumber?: string;

  @OptionalField({ type: String, format: 'date-time', description: 'Opened at or after' })
  @IsInstant()
  createdFrom?: Date;

  @OptionalField({ type: String, format: 'date-time', description: 'Opened before' })
  @IsInstant()
  createdTo?: Date;

  @OptionalField({
    type: String,
    format: 'date-time',
    description: 'Changed at or after: `updatedAt`. The order stays that of opening',
  })
  @IsInstant()
  updatedFrom?: Date;
}

/** The same in a body, where what names people belongs: addresses end in the logs of proxies. */
export class SubmissionSearchDto extends SubmissionQueryDto {
  @OptionalField({
    example: '3171010101900001',
    description: 'Submissions of everybody this NIK leads to',
  })
  @IsNik()
  nik?: string;
}
