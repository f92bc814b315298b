import { ApiProperty } from '@nestjs/swagger';
import type { Identity } from '../identity';
import { Purpose } from './purpose';

export class IdentityQueryDto {
  @Purpose()
  purpose!: string;
}

const NULLABLE = { type: String, nullable: true } as const;

/** The identity of a submission's person, in clear. */
export class IdentityDto implements Identity {
  @ApiProperty({ ...NULLABLE, example: 'BUDI SANTOSO' })
  fullName!: string | null;

  @ApiProperty({ ...NULLABLE, example: '3171010101900001' })
  nik!: string | null;

  @ApiProperty({ ...NULLABLE, format: 'date', example: '1990-01-01' })
  dateOfBirth!: string | null;

  @ApiProperty({ ...NULLABLE, example: 'budi@example.com' })
  email!: string | null;

  @ApiProperty({ ...NULLABLE, example: '6285610573956' })
  phoneNumber!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    description: "The KTP as the partner read it, in the partner's words",
  })
  ktp!: Readonly<Record<string, string>> | null;
}
