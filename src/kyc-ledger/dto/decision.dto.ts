import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsOptional, Matches, ValidateIf } from 'class-validator';
import { IsCalendarDate, IsMobileNumber, IsNik, IsPersonName } from '../../platform/indonesia';
import { AlsoConsent, ConsentDto } from './consent.dto';
import { PLAIN_WORDS, PLAIN_WORDS_WANTED } from './plain-words';

/** What the back office corrects while approving; absent fields stay as they are. */
export class ApprovalDto {
  @ApiPropertyOptional({ example: 'BUDI SANTOSO' })
  @IsOptional()
  @IsPersonName()
  fullName?: string;

  @ApiPropertyOptional({ example: '3171010101900001' })
  @IsOptional()
  @IsNik()
  nik?: string;

  @ApiPropertyOptional({ format: 'date', example: '1990-01-01' })
  @IsOptional()
  @IsCalendarDate()
  dateOfBirth?: string;

  @ApiPropertyOptional({ example: 'budi@example.com', description: 'May be empty' })
  @IsOptional()
  @ValidateIf(({ email }: ApprovalDto) => email !== '')
  @IsEmail()
  email?: string;

  @ApiPropertyOptional({ example: '6285610573956' })
  @IsOptional()
  @IsMobileNumber('known')
  phoneNumber?: string;

  @AlsoConsent()
  consent?: ConsentDto;
}

/** Why a submission is turned down. */
export class RejectionDto {
  @ApiProperty({ example: 'photo unreadable', description: 'Kept for ever: name no person here' })
  @Matches(PLAIN_WORDS, { message: PLAIN_WORDS_WANTED })
  reason!: string;
}
