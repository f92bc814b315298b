import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import { OptionalField } from '../../platform/http';
import {
  IsDateOfBirth,
  IsEmailAddress,
  IsLine,
  IsMobileNumber,
  IsNik,
  IsPersonName,
} from '../../platform/indonesia';
import { kindsWith } from '../submissions/submission-state';
import { AlsoConsent, ConsentDto } from './consent.dto';

const MAX_OFFICER = 100;
const MAX_REASON = 500;
const SEALED = 'Sealed with the person’s data and forgotten with it; in no event';

/** What the back office decides while approving; absent fields stay as they are. */
export class ApprovalDto {
  @OptionalField({ example: 'BUDI SANTOSO', maxLength: 200 })
  @IsPersonName()
  fullName?: string;

  @OptionalField({ example: '3171010101900001' })
  @IsNik()
  nik?: string;

  @OptionalField({ format: 'date', example: '1990-01-01', description: 'In the past' })
  @IsDateOfBirth()
  dateOfBirth?: string;

  @OptionalField({ example: 'budi@example.com', description: 'May be empty' })
  @IsEmailAddress({ mayBeEmpty: true })
  email?: string;

  @OptionalField({
    example: '6285610573956',
    description: `For ${kindsWith(({ isVerified }) => !isVerified)} alone: elsewhere the number is the one that was verified`,
  })
  @IsMobileNumber('known')
  phoneNumber?: string;

  @OptionalField({
    example: 'Siti Rahayu',
    maxLength: MAX_OFFICER,
    description: `Who decided. ${SEALED}`,
  })
  @IsLine(MAX_OFFICER)
  officer?: string;

  @OptionalField({
    example: 'The name on the card is abbreviated',
    maxLength: MAX_REASON,
    description: `Needed for an override and for a corrected name, NIK or date of birth that a partner verified. ${SEALED}`,
  })
  @IsLine(MAX_REASON)
  reason?: string;

  @OptionalField({
    example: true,
    description: 'Approves also what the partner declined or gave no result for (UU 27/2022 Art 10)',
  })
  @IsBoolean()
  override?: boolean;

  @AlsoConsent()
  consent?: ConsentDto;
}

export class RejectionDto {
  @ApiProperty({ example: 'The photo is unreadable', maxLength: MAX_REASON, description: SEALED })
  @IsLine(MAX_REASON)
  reason!: string;

  @OptionalField({
    example: 'Siti Rahayu',
    maxLength: MAX_OFFICER,
    description: `Who decided. ${SEALED}`,
  })
  @IsLine(MAX_OFFICER)
  officer?: string;
}
