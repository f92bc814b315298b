import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { isUUID, ValidateBy } from 'class-validator';
import { OptionalField } from '../../platform/http';
import { IsCalendarDate, MOBILE_NUMBERS, normalisePhoneNumber } from '../../platform/indonesia';

function read(value: unknown): unknown {
  if (typeof value !== 'string') return undefined;
  return isUUID(value) ? value.toLowerCase() : normalisePhoneNumber(value);
}

/** Who is meant: a person's id, or a phone number. */
export class PersonParamsDto {
  @ApiProperty({
    example: '6285610573956',
    description: "The person's id, or a phone number that leads to nobody else",
    pattern: `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$|${MOBILE_NUMBERS.any}`,
  })
  @Transform(({ value }: TransformFnParams): unknown => read(value) ?? value)
  @ValidateBy({
    name: 'isIdOrPhoneNumber',
    validator: {
      validate: (value: unknown) => value !== undefined && value === read(value),
      defaultMessage: () => "$property must be a person's id or an Indonesian mobile number",
    },
  })
  idOrPhoneNumber!: string;
}

/** What the business unit knows about the end of the business relationship. */
export class ErasureQueryDto {
  @OptionalField({
    format: 'date',
    example: '2026-11-22',
    description:
      'The day the business relationship ended; the retention period counts from it; not in the future. Default: today',
  })
  @IsCalendarDate()
  relationshipEndedOn?: string;
}

/** What became of the wish. */
export class ErasureDto {
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
