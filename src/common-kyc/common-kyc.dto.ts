import { ApiProperty } from '@nestjs/swagger';
import { AlsoConsent, ConsentDto, Purpose } from '../kyc-ledger';
import { IsDateOfBirth, IsEmailAddress, IsMobileNumber, IsNik, IsPersonName } from '../platform/indonesia';

/** Whose record is wanted, and why. */
export class CommonKycQueryDto {
  @ApiProperty({ example: '6285610573956' })
  @IsMobileNumber()
  phoneNumber!: string;

  @Purpose()
  purpose!: string;
}

/** Data that the business unit approved. All five fields are wanted; only the e-mail address may be empty. */
export class ApprovedKycDto {
  @ApiProperty({ example: '6285610573956', description: '`08…`, `8…`, `62…` or `+62…`' })
  @IsMobileNumber('known')
  phoneNumber!: string;

  @ApiProperty({ example: 'BUDI SANTOSO', maxLength: 200 })
  @IsPersonName()
  fullName!: string;

  @ApiProperty({ example: '3171010101900001', description: '16 digits' })
  @IsNik()
  nik!: string;

  @ApiProperty({ format: 'date', example: '1990-01-01', description: 'In the past' })
  @IsDateOfBirth()
  dateOfBirth!: string;

  @ApiProperty({ example: 'budi@example.com', description: 'May be empty' })
  @IsEmailAddress({ mayBeEmpty: true })
  email!: string;

  @AlsoConsent()
  consent?: ConsentDto;
}

/** Approved data, complete and in normal form: `628…`, `YYYY-MM-DD`. */
export type ApprovedKyc = Omit<ApprovedKycDto, 'consent'>;

/** Data was taken in; a job brings it to the partner. */
export class StoreAcceptedDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' }) submissionId!: string;
  @ApiProperty({ enum: ['approved'], example: 'approved' }) status!: 'approved';
}

const NULLABLE = { type: String, nullable: true } as const;

/** The partner's record: a suggestion to pre-fill a form with, never proof. What cannot be used is null. */
export class CommonKycRecordDto {
  @ApiProperty({
    ...NULLABLE,
    example: '7c5c1d2e-0d4e-4b8f-8a53-6f4f3f6f0a52',
    description: "The partner's own id",
  })
  id!: string | null;

  @ApiProperty({ ...NULLABLE, example: 'nanovest', description: 'The business unit that stored it' })
  clientId!: string | null;

  @ApiProperty({ example: '6285610573956' }) phoneNumber!: string;
  @ApiProperty({ ...NULLABLE, example: 'BUDI SANTOSO' }) fullName!: string | null;
  @ApiProperty({ ...NULLABLE, example: '3171010101900001' }) nik!: string | null;
  @ApiProperty({ ...NULLABLE, format: 'date', example: '1990-01-01' }) dateOfBirth!: string | null;
  @ApiProperty({ ...NULLABLE, example: 'budi@example.com' }) email!: string | null;

  @ApiProperty({ ...NULLABLE, format: 'date-time', example: '2026-11-22T03:04:05.000Z' })
  createdAt!: string | null;
}
