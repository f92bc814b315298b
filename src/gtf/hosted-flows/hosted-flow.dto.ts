import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { AlsoConsent, ConsentDto } from '../../kyc-ledger';
import { OptionalField } from '../../platform/http';
import type { StartedHostedFlow } from './hosted-flow.service';

const URL_SHAPE = /^https?:\/\/\S{1,2000}$/;

/** How the person goes through GTF's own screens. */
export class LaunchDto {
  @ApiProperty({
    enum: ['SDK', 'WEB_SDK'],
    example: 'WEB_SDK',
    description: 'The SDK in an app takes a token, the web page is a URL to open',
  })
  @IsIn(['SDK', 'WEB_SDK'])
  source!: 'SDK' | 'WEB_SDK';

  @ApiPropertyOptional({
    example: 'https://nanovest.example/kyc/done',
    description: "Required for WEB_SDK; its origin must be one of the unit's `GTF_REDIRECT_ORIGINS`",
  })
  @OptionalField()
  @Matches(URL_SHAPE, { message: '$property must be a URL' })
  successRedirectionUrl?: string;

  @ApiPropertyOptional({ example: 'https://nanovest.example/kyc/failed' })
  @OptionalField()
  @Matches(URL_SHAPE, { message: '$property must be a URL' })
  failureRedirectionUrl?: string;

  @ApiPropertyOptional({ enum: ['id_ID', 'en_ID'], example: 'id_ID' })
  @OptionalField()
  @IsIn(['id_ID', 'en_ID'])
  userLocale?: 'id_ID' | 'en_ID';

  @AlsoConsent()
  consent?: ConsentDto;
}

/** Where the person goes on. */
export class StartedJourneyDto {
  @ApiProperty({ format: 'uuid', example: '3f0c2b7e-8a55-4c1e-9d65-0b1f0a7f9c11' })
  submissionId!: string;

  @ApiProperty({ format: 'uuid', example: 'b719f79b-ae7a-440a-8f9c-05f661ca34e7' })
  partnerSessionId!: string;

  @ApiPropertyOptional({ description: 'For `SDK`: good for one submission', example: 'eyJhbGciOi…' })
  sdkToken?: string;

  @ApiPropertyOptional({
    description: 'For `WEB_SDK`: open it in the browser',
    example: 'https://onekyc.example/web/1',
  })
  launchUrl?: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-22T03:04:05.678Z' })
  expiresAt!: Date;
}

/** The response for a started flow: of token and URL only the one there is. */
export function answerOf(started: StartedHostedFlow): StartedJourneyDto {
  const { submissionId, partnerSessionId, sdkToken, launchUrl, expiresAt } = started;
  const way = sdkToken === null ? { launchUrl } : { sdkToken };
  return { submissionId, partnerSessionId, ...way, expiresAt };
}
