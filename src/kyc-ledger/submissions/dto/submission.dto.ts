import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Verification, VerificationWord } from '../../events/event';
import {
  SUBMISSION_KINDS,
  SUBMISSION_STATUSES,
  type SubmissionKind,
  type SubmissionStatus,
} from '../submission-state';

const WORDS = ['pass', 'fail', 'unknown', 'overridden'];

/**
 * What the partner says about each field; a word we do not know is `unknown`, and `overridden` is a field that the back office
 * changed while approving.
 */
class VerificationDto {
  @ApiProperty({ enum: WORDS, example: 'pass' })
  nik!: VerificationWord;

  @ApiProperty({ enum: WORDS, example: 'pass' })
  name!: VerificationWord;

  @ApiProperty({ enum: WORDS, example: 'pass' })
  dateOfBirth!: VerificationWord;

  @ApiProperty({ enum: WORDS, example: 'pass' })
  selfie!: VerificationWord;
}

/** What the back office decided; a person is told `outcome` and `at` alone. */
export class DecisionDto {
  @ApiProperty({ enum: ['approved', 'rejected'], example: 'approved' })
  outcome!: 'approved' | 'rejected';

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:05:06.789Z' })
  at!: string;

  @ApiPropertyOptional({ example: 'nanovest-office', description: 'The API credential that was used' })
  by?: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'Siti Rahayu',
    description: 'Who decided; null where nobody was named, and once the person is restricted or erased',
  })
  officer?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: null,
    description: 'Why; null where no reason was given, and once the person is restricted or erased',
  })
  reason?: string | null;

  @ApiPropertyOptional({ example: false, description: 'Approved against the partner’s word, or ahead of it' })
  overridden?: boolean;

  @ApiPropertyOptional({ type: [String], example: ['email'], description: 'The fields that were changed' })
  corrected?: readonly string[];
}

/** A document that a submission takes. */
export class DocumentDto {
  @ApiProperty({ example: 'KTP', description: "The partner's own name of the document" })
  type!: string;

  @ApiProperty({
    enum: ['missing', 'uploaded'],
    example: 'uploaded',
    description:
      'What went straight to the storage is `missing` until the partner has taken the submission over',
  })
  state!: 'missing' | 'uploaded';
}

export class SubmissionDto {
  @ApiProperty({
    format: 'uuid',
    example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11',
    description: 'Ours, everywhere on this API',
  })
  id!: string;

  @ApiProperty({ enum: SUBMISSION_KINDS, enumName: 'SubmissionKind', example: SUBMISSION_KINDS[1] })
  kind!: SubmissionKind;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'KTP_SCAN',
    description: 'What the partner is to check, in its own word; null where there is no choice',
  })
  submissionType!: string | null;

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

  @ApiProperty({ type: DecisionDto, nullable: true })
  decision!: DecisionDto | null;

  @ApiProperty({ type: [DocumentDto] })
  documents!: readonly DocumentDto[];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: null,
    description:
      "For the person alone, and when they ask for this one submission: the way back to the partner's page, while it can be used. " +
      'Its holder acts as the person',
  })
  launchUrl?: string | null;

  @ApiPropertyOptional({
    example: 0,
    description:
      'For the back office: how many others of the unit came with the NIK of this identity, found by a keyed digest; 100 stands for ' +
      '100 or more. Nobody while no NIK is known; who is restricted or erased does not count',
    maximum: 100,
  })
  otherPeopleWithSameNik?: number;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:05:06.789Z' })
  updatedAt!: Date;
}

/** A page of submissions, newest first. */
export class SubmissionPageDto {
  @ApiProperty({ type: [SubmissionDto] })
  data!: SubmissionDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Pass it back as `cursor`; null on the last page',
  })
  nextCursor!: string | null;
}
