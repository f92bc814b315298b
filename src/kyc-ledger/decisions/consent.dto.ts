import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, MaxDate, ValidateNested } from 'class-validator';
import { OptionalField } from '../../platform/http';
import { IDENTIFIER_SCHEMA, IsIdentifier } from '../../platform/indonesia';
import type { EventData } from '../events/event';
import { IsInstant } from '../submissions/dto/instant';

/** How far a caller's clock may be ahead of ours. */
const CLOCK_SKEW_MS = 60_000;

/**
 * The person's consent to hand their data to a partner, as the business unit holds it (UU 27/2022 Art 22–24: the controller must
 * be able to prove it). The ledger keeps which text was agreed to and when, and for what.
 */
export class ConsentDto {
  @ApiProperty({
    ...IDENTIFIER_SCHEMA,
    example: 'kyc-terms-2025-10',
    description: 'Which text the person agreed to',
  })
  @IsIdentifier()
  textVersion!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    example: '2025-11-22T03:04:05.678Z',
    description: 'When; not in the future',
  })
  @IsDefined()
  @IsInstant()
  @MaxDate(() => new Date(Date.now() + CLOCK_SKEW_MS), { message: '$property must not be in the future' })
  givenAt!: Date;
}

/** An optional `consent` in a request body. @param whose as the document says it */
export function AlsoConsent(whose = "The person's"): PropertyDecorator {
  return applyDecorators(
    OptionalField({
      type: ConsentDto,
      description: `${whose} consent, recorded with the event that hands the data on`,
    }),
    IsObject(),
    ValidateNested({ message: '$property must be an object' }),
    Type(() => ConsentDto),
  );
}

/** What an event says about a consent; nothing where none was named. @param purpose for what a partner gets the data, a fixed word */
export function consentTo(purpose: string, consent: ConsentDto | undefined): EventData {
  if (consent === undefined) return {};
  const { textVersion, givenAt } = consent;
  return { consent: { purpose, textVersion, givenAt: givenAt.toISOString() } };
}
