import { ApiProperty } from '@nestjs/swagger';
import { SubmissionDto } from './submission.dto';

/** A page of submissions, newest first. */
export class SubmissionPageDto {
  @ApiProperty({ type: [SubmissionDto] })
  data!: SubmissionDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Pass it back as `cursor`; null on the last page',
  })
  nextCursor!: string | null;
}
