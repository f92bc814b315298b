import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, IsOptional, Matches, ValidateNested } from 'class-validator';
import type { EventData } from '../event';
import { IsInstant } from './instant';

/**
 * The person's consent to hand their data to a partner, as the business unit holds it (UU 27/2022 Art 22–24: the controller must
 * be able to prove it). The ledger keeps which text was agreed to and when, and for what.
 */
export class ConsentDto {
  @ApiProperty({ example: 'kyc-terms-2026-10', description: 'Which text the person agreed to' })
  @Matches(/^[A-Za-z0-9._-]{1,64}$/, {
    message: '$property must be 1 to 64 letters, digits, dots, dashes or underscores',
  })
  textVersion!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' })
  @IsDefined()
  @IsInstant()
  givenAt!: Date;
}

/** An optional `consent` in a request body. */
export function AlsoConsent(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: ConsentDto, description: 'Recorded with the event that hands the data on' }),
    IsOptional(),
    IsObject(),
    ValidateNested(),
    Type(() => ConsentDto),
  );
}

/** What an event says about a consent; nothing where none was named. @param purpose a fixed word */
export function consentTo(purpose: string, consent: ConsentDto | undefined): EventData {
  if (consent === undefined) return {};
  const { textVersion, givenAt } = consent;
  return { consent: { purpose, textVersion, givenAt: givenAt.toISOString() } };
}
