import { ApiPropertyOptional } from '@nestjs/swagger';
import { OptionalField } from '../../platform/http';
import { IDENTIFIER_SCHEMA, IsEmailAddress, IsIdentifier, IsMobileNumber } from '../../platform/indonesia';
import { LaunchDto } from './hosted-flow.dto';

/** How the person goes through GTF's identity verification. */
export class StartIdentityVerificationDto extends LaunchDto {
  @ApiPropertyOptional({
    example: '6285610573956',
    description: "The access token's own; may be left out. Not together with `email`",
  })
  @OptionalField()
  @IsMobileNumber()
  phoneNumber?: string;

  @ApiPropertyOptional({
    example: 'john@example.org',
    description: 'Instead of the phone number: the one that the access token says is verified',
  })
  @OptionalField()
  @IsEmailAddress()
  email?: string;

  @ApiPropertyOptional({
    ...IDENTIFIER_SCHEMA,
    example: 'otp-2026-11-22-0001',
    description:
      "Your own reference of how the phone number or e-mail address was verified; without it the access token's session (`sid`, else `jti`)",
  })
  @OptionalField()
  @IsIdentifier()
  verificationReferenceId?: string;
}
