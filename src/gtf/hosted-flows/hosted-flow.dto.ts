import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsBoolean, IsIn, Matches, MaxLength } from 'class-validator';
import { AlsoConsent, ConsentDto } from '../../kyc-ledger';
import { OptionalField } from '../../platform/http';
import { IDENTIFIER_SCHEMA, IsEmailAddress, IsIdentifier, IsMobileNumber } from '../../platform/indonesia';

/** The flows COE offers in its own screens (gtf.md §3.1). */
const COE_FLOWS = [
  'FACE_VERIFICATION',
  'KTP_SCAN',
  'KYC_LITE',
  'ON_DEMAND_FR',
  'STANDALONE_LIVENESS',
] as const;
const THEMES = ['DARK_MODE', 'LIGHT_MODE', 'NO_PREFERENCE'] as const;
const URL_SHAPE = /^https?:\/\/\S+$/;
/** Of a server with a name in the public DNS. */
const PUBLIC_URL =
  /^https:\/\/([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?[.])+[A-Za-z]{2,63}(:[0-9]{1,5})?([/?#][!-;=?-~]*)?$/;
const MAX_URL = 2_000;

function OptionalUrl(pattern: RegExp, message: string, documentation: ApiPropertyOptions): PropertyDecorator {
  return applyDecorators(
    OptionalField({ type: String, pattern: pattern.source, maxLength: MAX_URL, ...documentation }),
    MaxLength(MAX_URL),
    Matches(pattern, { message: `$property must be ${message}` }),
  );
}

/** How the person goes through GTF's own screens: its SDK in an app, or its web page. */
export class LaunchDto {
  @ApiProperty({
    enum: ['SDK', 'WEB_SDK'],
    example: 'WEB_SDK',
    description: 'The SDK in an app takes a token, the web page is a URL to open',
  })
  @IsIn(['SDK', 'WEB_SDK'])
  source!: 'SDK' | 'WEB_SDK';

  @OptionalUrl(URL_SHAPE, 'a URL', {
    example: 'https://nanovest.example/kyc/done',
    description: "Required for WEB_SDK; its origin must be one of the unit's `GTF_REDIRECT_ORIGINS`",
  })
  successRedirectionUrl?: string | undefined;

  @OptionalUrl(URL_SHAPE, 'a URL', { example: 'https://nanovest.example/kyc/failed' })
  failureRedirectionUrl?: string | undefined;

  @OptionalField({ enum: ['id_ID', 'en_ID'], example: 'id_ID' })
  @IsIn(['id_ID', 'en_ID'])
  userLocale?: 'id_ID' | 'en_ID';

  @AlsoConsent()
  consent?: ConsentDto;
}

/** What GTF is to check, and how its screens look. */
export class StartCoeFlowDto extends LaunchDto {
  @ApiProperty({ enum: COE_FLOWS, enumName: 'CoeFlow', example: 'KTP_SCAN' })
  @IsIn(COE_FLOWS)
  flow!: (typeof COE_FLOWS)[number];

  @OptionalField({ enum: THEMES, example: 'NO_PREFERENCE' })
  @IsIn(THEMES)
  theme?: (typeof THEMES)[number];

  @OptionalUrl(PUBLIC_URL, 'a URL of an https server with a public name', {
    example: 'https://files.nanovest.example/reference/1.jpg',
    description: 'The face to compare with, where the flow compares; GTF fetches it. Never stored here',
  })
  referenceImageUrl?: string;

  @OptionalField({
    example: false,
    description: 'On a computer: whether a QR code may lead to the phone',
  })
  @IsBoolean()
  allowQr?: boolean;

  @OptionalField({ example: false, description: 'On a computer: whether only a phone will do' })
  @IsBoolean()
  forceQr?: boolean;

  @OptionalField({ example: true })
  @IsBoolean()
  portraitOnly?: boolean;
}

/** How the person goes through GTF's identity verification. */
export class StartIdentityVerificationDto extends LaunchDto {
  @OptionalField({
    example: '6285610573956',
    description: "The access token's own; may be left out. Not together with `email`",
  })
  @IsMobileNumber()
  phoneNumber?: string;

  @OptionalField({
    example: 'john@example.org',
    description: 'Instead of the phone number: the one that the access token says is verified',
  })
  @IsEmailAddress()
  email?: string;

  @OptionalField({
    ...IDENTIFIER_SCHEMA,
    example: 'otp-2026-11-22-0001',
    description:
      "Your own reference of how the phone number or e-mail address was verified; without it the access token's session (`sid`, else `jti`)",
  })
  @IsIdentifier()
  verificationReferenceId?: string;
}

/** Where the person goes on: exactly one of token and URL. */
export class StartedJourneyDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' }) submissionId!: string;
  @ApiProperty({ format: 'uuid', example: 'b719f79b-ae7a-440a-8f9c-05f661ca34e7' }) partnerSessionId!: string;

  @ApiPropertyOptional({ description: 'For `SDK`: good for one submission', example: 'eyJhbGciOi…' })
  sdkToken?: string;

  @ApiPropertyOptional({
    description: 'For `WEB_SDK`: open it in the browser',
    example: 'https://onekyc.example/web/1',
  })
  launchUrl?: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' }) expiresAt!: Date;
}
