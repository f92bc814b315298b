import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OptionalField } from '../../platform/http';
import { IsCalendarDate, IsMobileNumber } from '../../platform/indonesia';
import type { Erasure } from '../person-erasure';

/** Who wants to be forgotten. */
export class PersonParamsDto {
  @ApiProperty({ example: '6285610573956' })
  @IsMobileNumber()
  phoneNumber!: string;
}

/** What the business unit knows about the end of the business relationship. */
export class ErasureQueryDto {
  @ApiPropertyOptional({
    format: 'date',
    example: '2026-11-22',
    description:
      'The day the business relationship ended; the retention period counts from it. Default: today',
  })
  @OptionalField()
  @IsCalendarDate()
  relationshipEndedOn?: string;
}

/** What became of the wish. */
export class ErasureDto implements Erasure {
  @ApiProperty({ enum: ['erased', 'restricted'], example: 'restricted' })
  status!: 'erased' | 'restricted';

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2031-11-22T03:04:05.678Z',
    description: 'When restricted data is destroyed; null once it is',
  })
  until!: Date | null;
}
