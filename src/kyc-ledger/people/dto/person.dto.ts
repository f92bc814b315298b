import { ApiProperty, OmitType, PickType } from '@nestjs/swagger';
import { invalidRequest } from '../../../platform/errors';
import { OptionalField } from '../../../platform/http';
import { IsEmailAddress, IsLine, IsMobileNumber, IsNik } from '../../../platform/indonesia';
import type { Identifier, IdentifierKind } from '../person.entity';
import { EventDto } from '../../submissions/dto/event.dto';
import { SubmissionDto } from '../../submissions/dto/submission.dto';

const ID = { format: 'uuid', example: '9b7e0a52-3c1d-4f0a-8a55-6c1e9d650b1f' } as const;
const MOMENT = { type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' } as const;
const STATUSES = ['active', 'restricted'] as const;

const KINDS = { phoneNumber: 'phone', nik: 'nik', email: 'email', subject: 'subject' } as const;
const FIELDS = ['phoneNumber', 'nik', 'email', 'subject'] as const;

/** Who is looked for: by exactly one of these. */
export class PersonSearchDto {
  @OptionalField({ example: '6285610573956' })
  @IsMobileNumber()
  phoneNumber?: string;

  @OptionalField({ example: '3171010101900001' })
  @IsNik()
  nik?: string;

  @OptionalField({ example: 'budi@example.com' })
  @IsEmailAddress()
  email?: string;

  @OptionalField({
    example: '6a1c1f0e-7d0b-4a54-9a1f-0d9f5b6f2c11',
    description: '`sub` of their tokens',
  })
  @IsLine(255)
  subject?: string;
}

/** The one identifier of a search. @throws GatewayError 400 */
export function identifierOf(search: PersonSearchDto): Identifier {
  const [first, ...others] = FIELDS.flatMap((field) => {
    const value = search[field];
    return value === undefined ? [] : [{ field, value }];
  });
  if (first === undefined || others.length > 0)
    throw invalidRequest(
      'Look for people by exactly one field.',
      (first === undefined ? FIELDS : others.map(({ field }) => field)).map((field) => ({
        field,
        message: first === undefined ? 'or another field is required' : `cannot be given with ${first.field}`,
      })),
    );
  return { kind: KINDS[first.field], value: first.value };
}

export class FoundPersonDto {
  @ApiProperty(ID)
  id!: string;

  @ApiProperty({
    enum: STATUSES,
    example: 'active',
    description:
      '`restricted`: they asked to be forgotten, and their records are kept for as long as the law wants',
  })
  status!: (typeof STATUSES)[number];

  @ApiProperty(MOMENT)
  createdAt!: Date;

  @ApiProperty({ example: 1, description: 'How many submissions are about them' })
  submissions!: number;
}

/** Everybody whom the identifier leads to, newest first. */
export class FoundPeopleDto {
  @ApiProperty({ type: [FoundPersonDto] })
  data!: FoundPersonDto[];
}

class IdentifierDto implements Identifier {
  @ApiProperty({ enum: Object.values(KINDS), example: 'phone' })
  kind!: IdentifierKind;

  @ApiProperty({ example: '6285610573956' })
  value!: string;
}

class CopiedSubmissionDto extends PickType(SubmissionDto, [
  ...(['id', 'kind', 'submissionType', 'status', 'reasonCode', 'verification'] as const),
  ...(['createdAt', 'updatedAt'] as const),
] as const) {}

/** Something that happened to the person or to one of their submissions. */
export class CopiedEventDto extends OmitType(EventDto, ['hash'] as const) {
  @ApiProperty({ ...ID, type: String, nullable: true })
  submissionId!: string | null;
}

/** Everything that is held about a person, in clear. */
export class PersonCopyDto {
  @ApiProperty(ID)
  id!: string;

  @ApiProperty({ enum: STATUSES, example: 'active' })
  status!: (typeof STATUSES)[number];

  @ApiProperty(MOMENT)
  createdAt!: Date;

  @ApiProperty({ ...MOMENT, nullable: true, example: null, description: 'When restricted data is destroyed' })
  until!: Date | null;

  @ApiProperty({ type: [IdentifierDto], description: 'By what they are known' })
  identifiers!: readonly IdentifierDto[];

  @ApiProperty({ type: [CopiedSubmissionDto] })
  submissions!: readonly CopiedSubmissionDto[];

  @ApiProperty({
    type: [CopiedEventDto],
    description: 'What happened, who decided and who read, oldest first',
  })
  events!: readonly CopiedEventDto[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'object', additionalProperties: true } },
    example: { vault: [{ name: 'phone', createdAt: '2026-11-22T03:04:05.678Z', value: '6285610573956' }] },
    description:
      'Their data by where it is kept: `vault` holds what was sealed for them, the others what each part keeps beside it',
  })
  records!: Readonly<Record<string, readonly object[]>>;
}
