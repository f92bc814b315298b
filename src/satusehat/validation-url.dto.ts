import { ApiProperty } from '@nestjs/swagger';
import { AlsoConsent, ConsentDto } from '../kyc-ledger';
import { IsNik, IsPersonName } from '../platform/indonesia';

/** The officer for whom a validation page is opened. */
export class ValidationUrlRequestDto {
  @ApiProperty({
    example: 'Bambang Wisanggeni',
    minLength: 1,
    maxLength: 200,
    description: "The officer's full name",
  })
  @IsPersonName()
  agentName!: string;

  @ApiProperty({ example: '3313096403900009', pattern: '^\\d{16}$', description: "The officer's NIK" })
  @IsNik()
  agentNik!: string;

  @AlsoConsent("The officer's")
  consent?: ConsentDto;
}

/** Where the officer validates the patient. */
export class ValidationUrlDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' })
  submissionId!: string;

  @ApiProperty({
    format: 'uri',
    description: "A page on the Ministry's host, for an iframe or a new tab. Whoever has it can use it",
    example: 'https://api-satusehat.kemkes.go.id/kyc/v1/validation-web/8b1c6a5e-0f5c-4d0b-9a52-6f2b1c6f09bf',
  })
  url!: string;

  @ApiProperty({ example: '8b1c6a5e-0f5c-4d0b-9a52-6f2b1c6f09bf', description: 'The token in the URL' })
  token!: string;
}
