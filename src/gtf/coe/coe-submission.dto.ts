import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { AlsoConsent, ConsentDto } from '../../kyc-ledger';
import { OptionalField } from '../../platform/http';
import { IDENTIFIER_SCHEMA, IsIdentifier } from '../../platform/indonesia';

/** The submission types COE knows (gtf.md §3.2). */
const COE_SUBMISSION_TYPES = [
  'KTP_SCAN',
  'STANDALONE_LIVENESS',
  'FACE_MATCH',
  'FACE_VERIFICATION',
  'KYC_LITE',
] as const;

/** What GTF is to check. */
export class CreateCoeSubmissionDto {
  @ApiProperty({ enum: COE_SUBMISSION_TYPES, enumName: 'CoeSubmissionType', example: 'KTP_SCAN' })
  @IsIn(COE_SUBMISSION_TYPES)
  submissionType!: (typeof COE_SUBMISSION_TYPES)[number];

  @OptionalField({
    ...IDENTIFIER_SCHEMA,
    example: 'f4b7c0de-2f0e-4a54-9f0e-6a3f1d0f6a01',
    description: "The app's own id of this attempt; one is made when it is left out",
  })
  @IsIdentifier()
  sdkSessionId?: string;

  @AlsoConsent()
  consent?: ConsentDto;
}

/** A document GTF wants, and where it goes. */
export class UploadUrlDto {
  @ApiProperty({ example: 'KTP', description: "GTF's own name of the document" }) type!: string;

  @ApiProperty({
    format: 'uri',
    example: 'https://storage.example/coe/1?signature=9f86d081',
    description:
      'PUT the image here, or to `/v1/gtf/submissions/{id}/documents/{type}`, where it is checked first',
  })
  uploadUrl!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:14:05.678Z' }) expiresAt!: Date;
}

/** A submission that waits for its documents. */
export class CreatedCoeSubmissionDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' }) submissionId!: string;
  @ApiProperty({ format: 'uuid', example: 'b719f79b-ae7a-440a-8f9c-05f661ca34e7' }) partnerSessionId!: string;
  @ApiProperty({ type: [UploadUrlDto] }) documents!: readonly UploadUrlDto[];
}

/** An image that was handed on. */
export class UploadedDocumentDto {
  @ApiProperty({ example: 'KTP' }) type!: string;

  @ApiProperty({
    pattern: '^[0-9a-f]{64}$',
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  })
  sha256!: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 184_320 })
  bytes!: number;
}
