import { ApiProperty } from '@nestjs/swagger';
import { IsUUID, ValidateIf } from 'class-validator';
import { AlsoConsent, ConsentDto } from '../kyc-ledger';
import { IsNik, IsPersonName } from '../platform/indonesia';

/** The patient who shall get a challenge code. */
export class ChallengeCodeRequestDto {
  @ApiProperty({ example: '9271060312000002', pattern: '^\\d{16}$', description: "The patient's NIK" })
  @IsNik()
  nik!: string;

  @ApiProperty({
    example: 'Budi Santoso',
    minLength: 1,
    maxLength: 200,
    description: "The patient's name as in the population register",
  })
  @IsPersonName()
  name!: string;

  @ApiProperty({
    required: false,
    format: 'uuid',
    description: 'An open SATUSEHAT submission that you may see; without it a new one is opened',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsUUID()
  submissionId?: string;

  @AlsoConsent("The patient's")
  consent?: ConsentDto;
}

/** The code that appears in the patient's SATUSEHAT Mobile. */
export class ChallengeCodeDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' })
  submissionId!: string;

  @ApiProperty({ example: '9271060312000002' })
  nik!: string;

  @ApiProperty({ example: 'Budi Santoso' })
  name!: string;

  @ApiProperty({ example: 'P02029532758', description: "The patient's number in SATUSEHAT" })
  ihsNumber!: string;

  @ApiProperty({ example: '804821' })
  challengeCode!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.000Z' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:09:05.000Z' })
  expiresAt!: Date;
}
