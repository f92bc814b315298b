import { ApiProperty } from '@nestjs/swagger';
import type { Check, Verification } from '../event';
import {
  SUBMISSION_KINDS,
  SUBMISSION_STATUSES,
  type SubmissionKind,
  type SubmissionStatus,
} from '../submission-state';

const CHECKS = ['pass', 'fail', 'unknown'];

/** What the partner says about each field; a word we do not know is `unknown`. */
class VerificationDto {
  @ApiProperty({ enum: CHECKS, example: 'pass' })
  nik!: Check;

  @ApiProperty({ enum: CHECKS, example: 'pass' })
  name!: Check;

  @ApiProperty({ enum: CHECKS, example: 'pass' })
  dateOfBirth!: Check;

  @ApiProperty({ enum: CHECKS, example: 'pass' })
  selfie!: Check;
}

/** One KYC submission. */
export class SubmissionDto {
  @ApiProperty({
    format: 'uuid',
    example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11',
    description: 'Ours, everywhere on this API',
  })
  id!: string;

  @ApiProperty({ enum: SUBMISSION_KINDS, enumName: 'SubmissionKind', example: 'gtf-coe' })
  kind!: SubmissionKind;

  @ApiProperty({ enum: SUBMISSION_STATUSES, enumName: 'SubmissionStatus', example: 'verified' })
  status!: SubmissionStatus;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '6285610573956',
    description: 'null once the person is restricted or erased',
  })
  phoneNumber!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'c64b4c8c-9a8f-4e9c-b86a-0908291c855e',
    description: "The partner's own id",
  })
  partnerSubmissionId!: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: "The partner's own word for why" })
  reasonCode!: string | null;

  @ApiProperty({ type: VerificationDto, nullable: true })
  verification!: Verification | null;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:05:06.789Z' })
  updatedAt!: Date;
}
