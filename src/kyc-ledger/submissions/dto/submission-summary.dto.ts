import { ApiProperty } from '@nestjs/swagger';
import { SUBMISSION_STATUSES, type SubmissionStatus } from '../submission-state';

class StatusCountDto {
  @ApiProperty({ enum: SUBMISSION_STATUSES, enumName: 'SubmissionStatus', example: 'verified' })
  status!: SubmissionStatus;

  @ApiProperty({ example: 42 })
  count!: number;
}

/** Submissions whose result took no longer than this, and longer than the line before. */
class ResultTimeDto {
  @ApiProperty({ type: Number, nullable: true, example: 60, description: 'Seconds; null: longer than all' })
  within!: number | null;

  @ApiProperty({ example: 7 })
  count!: number;
}

export class SubmissionSummaryDto {
  @ApiProperty({
    type: String,
    format: 'date-time',
    example: '2026-11-22T03:04:05.678Z',
    description: 'Counted is what was opened since',
  })
  createdFrom!: Date;

  @ApiProperty({ type: [StatusCountDto] })
  byStatus!: StatusCountDto[];

  @ApiProperty({
    type: [ResultTimeDto],
    description: 'From opening to the partner’s first result, of the newest 10,000',
  })
  timeToResult!: ResultTimeDto[];
}
