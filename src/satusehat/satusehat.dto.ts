import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';
import { AlsoConsent, ConsentDto } from '../kyc-ledger';
import { OptionalField } from '../platform/http';
import { IsNik, IsPersonName } from '../platform/indonesia';

/** The officer for whom a validation page is opened. */
export class ValidationUrlRequestDto {
  @ApiProperty({
    example: 'Bambang Wisanggeni',
    description: "The officer's full name",
  })
  @IsPersonName()
  agentName!: string;

  @ApiProperty({ example: '3313096403900009', description: "The officer's NIK" })
  @IsNik()
  agentNik!: string;

  @AlsoConsent("The officer's")
  consent?: ConsentDto;
}

/** Where the officer validates the patient. */
export class ValidationUrlDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' }) submissionId!: string;

  @ApiProperty({
    format: 'uri',
    description: "A page on the Ministry's host, for an iframe or a new tab. Its holder can use it",
    example: 'https://api-satusehat.kemkes.go.id/kyc/v1/validation-web/8b1c6a5e-0f5c-4d0b-9a52-6f2b1c6f09bf',
  })
  url!: string;

  @ApiProperty({ example: '8b1c6a5e-0f5c-4d0b-9a52-6f2b1c6f09bf', description: 'The token in the URL' })
  token!: string;
}

/** The patient who shall get a challenge code. */
export class ChallengeCodeRequestDto {
  @ApiProperty({ example: '9271060312000002', description: "The patient's NIK" })
  @IsNik()
  nik!: string;

  @ApiProperty({
    example: 'Budi Santoso',
    description: "The patient's name as in the population register",
  })
  @IsPersonName()
  name!: string;

  @OptionalField({
    format: 'uuid',
    description: 'An open SATUSEHAT submission that you may see; without it a new one is opened',
  })
  @IsUUID()
  submissionId?: string;

  @AlsoConsent("The patient's")
  consent?: ConsentDto;
}

/** The code that appears in the patient's SATUSEHAT Mobile. */
export class ChallengeCodeDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' }) submissionId!: string;
  @ApiProperty({ example: '9271060312000002' }) nik!: string;
  @ApiProperty({ example: 'Budi Santoso' }) name!: string;

  @ApiProperty({ example: 'P02029532758', description: "The patient's number in SATUSEHAT" })
  ihsNumber!: string;

  @ApiProperty({ example: '804821' }) challengeCode!: string;
  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.000Z' }) createdAt!: Date;
  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:09:05.000Z' }) expiresAt!: Date;
}
